#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "harness/pages/matrix.h"
#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "harness/report/page.h"
#include "src/portability/error_catalog.h"

namespace portcullis::pages {
namespace {

using nlohmann::json;
using report::Escaped;
using verdict::Result;

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// The rows of a detail that tell one version's result.
json VersionRows(const Result& result, const Recordings& recordings) {
  const auto& seen = result.observation;
  json rows = json::array();
  const std::string word = Word(result);
  rows.push_back(report::DetailRow(
      "outcome", word == "loads" ? "✓ loads" : fmt::format("✗ raises in the {}", seen.phase)));
  if (portability::FindErrorClass(word) != nullptr) {
    rows.push_back(report::DetailLink("error", word, fmt::format("errors/{}.html", word)));
  }
  if (!seen.error_short.empty()) {
    rows.push_back(
        report::DetailCode("text", fmt::format("{}: {}", seen.error_type, seen.error_short)));
  }
  std::string devices;
  for (const auto& tensor : seen.tensors) devices += (devices.empty() ? "" : ", ") + tensor.device;
  if (!devices.empty()) rows.push_back(report::DetailRow("tensors are on", devices));
  const host::Counts counts = seen.flight.LoadAndMove();
  rows.push_back(report::DetailRow(
      "bytes copied",
      fmt::format("{} to GPUs, {} back, {} between them", Grouped(counts.host_to_device_bytes),
                  Grouped(counts.device_to_host_bytes), Grouped(counts.device_to_device_bytes))));
  rows.push_back(report::DetailRow("peak on GPUs", Grouped(counts.peak_bytes) + " bytes"));
  rows.push_back(report::DetailRow(
      "seen on", fmt::format("PyTorch {}, {}", seen.torch.empty() ? "of that version" : seen.torch,
                             seen.simulated ? "simulated GPUs" : "real hardware")));
  const std::string hardware = recordings.Words(result);
  if (!hardware.empty()) rows.push_back(report::DetailRow("on hardware", hardware));
  rows.push_back(
      report::DetailCode("see it again", fmt::format("portcullis run --filter '{}'", result.c.id)));
  return rows;
}

json DetailOf(const Table& table, const Row& row, const Cell& cell, const Reference& reference) {
  json parts = json::array();
  parts.push_back(
      {{"rows", json::array({report::DetailCode("code", CodeOf(row.strategy, table.family)),
                             report::DetailRow("checkpoint", CheckpointLabel(table.checkpoint)),
                             report::DetailRow("scenario", "scenarios/reference/matrix.yaml")})}});
  for (std::size_t i = 0; i < cell.results.size(); ++i) {
    if (cell.results[i] == nullptr) continue;
    parts.push_back({{"heading", reference.versions[i]},
                     {"rows", VersionRows(*cell.results[i], reference.recordings)}});
  }
  return {{"title",
           fmt::format("{} on {}, {}", row.strategy.Text(), cell.host, FamilyLabel(table.family))},
          {"parts", parts}};
}

// What a cell is to filters and styles.
struct Look {
  std::string outcome;  // "loads", "fails", "differs"
  std::string chosen;   // the values of the outcome filter that show it: "differs|loads@2.6.0"
  std::string words;    // HTML
  std::string text;     // to search in
  OnHardware hardware = OnHardware::kNotRun;
};

std::string OutcomeOf(const Result& result) { return Word(result) == "loads" ? "loads" : "fails"; }

// The versions that ran it, as a filter has them: "2.15.0|2.11.0".
std::string VersionsOf(const Cell& cell, const Reference& reference) {
  std::string list;
  for (std::size_t i = 0; i < cell.results.size(); ++i) {
    if (cell.results[i] == nullptr) continue;
    list += (list.empty() ? "" : "|") + reference.versions[i];
  }
  return list;
}

// "loads@2.15.0|fails@2.6.0".
std::string OutcomesByVersion(const Cell& cell, const Reference& reference) {
  std::string list;
  for (std::size_t i = 0; i < cell.results.size(); ++i) {
    if (cell.results[i] == nullptr) continue;
    list += fmt::format("|{}@{}", OutcomeOf(*cell.results[i]), reference.versions[i]);
  }
  return list;
}

Look LookOf(const Cell& cell, const Reference& reference) {
  Look look;
  look.hardware = cell.OnHardwareIn(reference.recordings);
  for (const Result* result : cell.results) {
    if (result == nullptr) continue;
    look.text += fmt::format(" {} {}", Word(*result), result->observation.error_short);
  }
  const auto groups = ByResult(cell, reference.versions);
  if (groups.size() > 1) {
    look.outcome = "differs";
    look.words = "≠ versions differ";
    for (const Agreed& group : groups) {
      look.words +=
          fmt::format("<span class=\"versions\" data-versions=\"{2}\">{0} {1} <b>{2}</b></span>",
                      Sign(*group.result), Escaped(Word(*group.result)), Escaped(group.versions));
    }
  } else if (!groups.empty()) {
    const Result& result = *groups.front().result;
    look.outcome = OutcomeOf(result);
    look.words = fmt::format("{} {}", Sign(result), Escaped(Word(result)));
  }
  if (look.hardware == OnHardware::kOtherwise) {
    look.outcome = "differs";
    look.words += "<span class=\"versions\">○ otherwise on hardware</span>";
  }
  look.chosen = look.outcome;
  if (groups.size() > 1) look.chosen += OutcomesByVersion(cell, reference);
  return look;
}

std::string CellHtml(const Table& table, const Row& row, const Cell& cell,
                     const Reference& reference, json& details) {
  const Look look = LookOf(cell, reference);
  if (look.words.empty()) return fmt::format("<td data-host=\"{}\"></td>", Escaped(cell.host));
  const std::string id = Slug(
      fmt::format("{} {} {} {}", table.family, table.checkpoint, cell.host, row.strategy.Text()));
  details[id] = DetailOf(table, row, cell, reference);
  return fmt::format(
      "<td data-host=\"{0}\"><button class=\"item outcome {1}{2}\" data-detail=\"{3}\" "
      "data-host=\"{0}\" data-family=\"{4}\" data-checkpoint=\"{5}\" data-outcome=\"{10}\"{6}{9} "
      "data-version=\"{11}\" data-text=\"{7}\">{8}</button></td>",
      Escaped(cell.host), look.outcome, look.hardware == OnHardware::kTheSame ? " hardware" : "",
      id, table.family, table.checkpoint, look.outcome == "differs" ? " data-differs" : "",
      Escaped(Lower(row.strategy.Text() + " " + cell.host + look.text)), look.words,
      look.hardware == OnHardware::kTheSame ? " data-hardware" : "", look.chosen,
      VersionsOf(cell, reference));
}

std::string TableHtml(const Table& table, const Reference& reference, json& details) {
  const std::string title =
      fmt::format("{}: {}", FamilyLabel(table.family), CheckpointLabel(table.checkpoint));
  std::string html = fmt::format(
      "<section class=\"group\" aria-label=\"{0}\"><h2>{0}</h2><div class=\"wide\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"table: {0}\"><table class=\"matrix\"><thead><tr><th "
      "scope=\"col\">way of loading</th>",
      Escaped(title));
  for (const auto& host : table.hosts) {
    html += fmt::format("<th scope=\"col\">{}</th>", Escaped(host));
  }
  html += "</tr></thead><tbody>\n";
  for (const Row& row : table.rows) {
    html += fmt::format("<tr class=\"group\"><th scope=\"row\"><code>{}</code></th>",
                        Escaped(row.strategy.Text()));
    for (const Cell& cell : row.cells) html += CellHtml(table, row, cell, reference, details);
    html += "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

constexpr const char* kHardwareTick =
    "<label class=\"tick\"><input type=\"checkbox\" name=\"hardware\">only what hardware "
    "confirmed</label>";

// The versions that ran any of it, newest first.
std::vector<std::string> VersionsIn(const std::vector<Table>& tables, const Reference& reference) {
  std::set<std::size_t> places;
  for (const Table& table : tables) {
    for (const Row& row : table.rows) {
      for (const Cell& cell : row.cells) {
        for (std::size_t i = 0; i < cell.results.size(); ++i) {
          if (cell.results[i] != nullptr) places.insert(i);
        }
      }
    }
  }
  std::vector<std::string> versions;
  versions.reserve(places.size());
  for (const std::size_t place : places) versions.push_back(reference.versions[place]);
  return versions;
}

std::string FiltersOf(const std::vector<Table>& tables, const Reference& reference) {
  std::vector<std::pair<std::string, std::string>> families, checkpoints, hosts, versions;
  std::set<std::string> known;
  const auto add = [&](auto& list, const std::string& value, const std::string& shown) {
    if (known.insert(value).second) list.emplace_back(value, shown);
  };
  for (const Table& table : tables) {
    add(families, table.family, FamilyLabel(table.family));
    add(checkpoints, table.checkpoint, CheckpointLabel(table.checkpoint));
    for (const auto& host : table.hosts) add(hosts, host, host);
  }
  for (const auto& version : VersionsIn(tables, reference)) versions.emplace_back(version, version);
  return report::Filters(
      "search: map_location, no-driver, “Found no NVIDIA”…",
      report::SelectFilter("family", "language", families) +
          report::SelectFilter("checkpoint", "checkpoint", checkpoints) +
          report::SelectFilter("host", "host", hosts) +
          report::SelectFilter("version", "PyTorch", versions) +
          report::SelectFilter(
              "outcome", "outcome",
              {{"loads", "✓ loads"}, {"fails", "✗ fails"}, {"differs", "≠ differs"}}) +
          "<label class=\"tick\"><input type=\"checkbox\" name=\"differs\">only where versions "
          "differ</label>" +
          (reference.recordings.none() ? "" : kHardwareTick));
}

constexpr const char* kLegend =
    "<ul class=\"legend\"><li><span class=\"outcome loads\">✓ loads</span> every byte where it was "
    "asked to be</li><li><span class=\"outcome fails\">✗ error</span> fails with that error</li>"
    "<li><span class=\"outcome differs\">≠ versions differ</span></li><li>dashed frame: seen on "
    "simulated GPUs; solid: confirmed on hardware</li></ul>\n";

}  // namespace

std::string MatrixHtml(const Reference& reference) {
  const auto tables = Tables(reference);
  report::PageParts parts;
  parts.title = "The matrix · Portcullis";
  parts.description =
      "What each PyTorch does with each kind of checkpoint on each kind of host, way of loading by "
      "way "
      "of loading.";
  parts.navigation = Navigation("matrix.md", !reference.recordings.none());
  parts.footer = Foot(!reference.recordings.none());
  parts.details = json::object();
  parts.body = fmt::format(
      "<h1>The matrix</h1>\n<p>What each way of loading does on each host, by PyTorch {}. Every "
      "cell is "
      "a real load; choose one for the exact error, the bytes copied and the command that shows it "
      "again.</p>\n{}{}",
      Escaped(fmt::format("{}", fmt::join(VersionsIn(tables, reference), ", "))), kLegend,
      FiltersOf(tables, reference));
  for (const Table& table : tables) parts.body += TableHtml(table, reference, parts.details);
  return report::Page(parts);
}

}  // namespace portcullis::pages
