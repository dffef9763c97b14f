#include "harness/report/run_html.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "harness/report/page.h"
#include "src/base/size.h"

namespace portcullis::report {
namespace {

using nlohmann::json;
using verdict::Outcome;
using verdict::Result;
using verdict::Verdict;

struct Badge {
  const char* style;  // class in style.css
  const char* sign;
};

Badge BadgeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAsExpected:
      return {"expected", "✓"};
    case Verdict::kNotAsExpected:
      return {"unexpected", "✗"};
    case Verdict::kError:
      return {"unexpected", "!"};
    case Verdict::kSkipped:
      return {"skipped", "–"};
  }
  return {"other", "?"};
}

std::string Outcome(const Result& result) {
  return result.judgement.verdict == Verdict::kSkipped ? "skipped: " + result.judgement.reason
                                                       : result.observation.Text();
}

// Bytes that one direction copied in load and move; nothing is left out.
void AddCounts(const Result& result, json& rows) {
  const host::Counts counts = result.observation.flight.LoadAndMove();
  const auto add = [&](const char* what, std::uint64_t bytes, std::uint64_t calls) {
    if (calls > 0 || bytes > 0) {
      rows.push_back(DetailRow(what, fmt::format("{} bytes in {} copies", bytes, calls)));
    }
  };
  add("host → GPU", counts.host_to_device_bytes, counts.host_to_device_calls);
  add("GPU → host", counts.device_to_host_bytes, counts.device_to_host_calls);
  add("GPU → GPU", counts.device_to_device_bytes, counts.device_to_device_calls);
  if (counts.peak_bytes > 0) rows.push_back(DetailRow("peak on GPUs", SizeText(counts.peak_bytes)));
}

json DetailOf(const ReadCase& read) {
  const Result& result = read.result;
  json rows = json::array();
  rows.push_back(DetailRow("verdict", VerdictName(result.judgement.verdict)));
  rows.push_back(DetailRow("expected", read.expectation));
  if (result.prediction) rows.push_back(DetailRow("predicted", result.prediction->Text()));
  rows.push_back(DetailRow("observed", Outcome(result)));
  for (const auto& difference : result.judgement.differences) {
    rows.push_back(DetailRow("differs", difference));
  }
  if (!result.observation.error_whole.empty()) {
    rows.push_back(DetailCode("error as thrown", result.observation.error_whole));
  }
  AddCounts(result, rows);
  rows.push_back(DetailRow("host", scenario::HostAndMask(result.c.host, result.c.mask) +
                                       (result.observation.simulated ? ", simulated" : "")));
  rows.push_back(
      DetailRow("runtime", fmt::format("{} ({})", result.runtime_id, result.observation.torch)));
  rows.push_back(
      DetailCode("run it again", fmt::format("portcullis run --filter '{}'", result.c.id)));
  return {{"title", result.c.id}, {"parts", json::array({{{"rows", rows}}})}};
}

std::string Row(const ReadCase& read, std::size_t number) {
  const Result& result = read.result;
  const Badge badge = BadgeOf(result.judgement.verdict);
  const std::string verdict = VerdictName(result.judgement.verdict);
  const std::string host = scenario::HostAndMask(result.c.host, result.c.mask);
  std::string text = fmt::format("{} {} {} {}", result.c.id, result.runtime_id, Outcome(result),
                                 fmt::join(result.judgement.differences, " "));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return fmt::format(
      "<tr class=\"item\" data-verdict=\"{0}\" data-host=\"{1}\" data-runtime=\"{2}\" "
      "data-text=\"{3}\"><td><button class=\"outcome {4}{5}\" data-detail=\"{6}\">{7} "
      "{0}</button></td><td data-label=\"checkpoint\">{8}</td><td data-label=\"host\">{1}</td><td "
      "data-label=\"runtime\">{2}</td><td data-label=\"strategy\">{9}</td><td "
      "data-label=\"observed\">{10}</td></tr>\n",
      Escaped(verdict), Escaped(host), Escaped(result.runtime_id), Escaped(text), badge.style,
      result.observation.simulated ? "" : " hardware", number, badge.sign,
      Escaped(result.c.checkpoint), Escaped(result.c.strategy.Text()), Escaped(Outcome(result)));
}

std::string Sections(const ReadRun& run, json& details) {
  std::string html, scenario;
  for (const ReadCase& read : run.cases) {
    if (html.empty() || read.result.c.scenario != scenario) {
      if (!html.empty()) html += "</tbody></table></section>\n";
      scenario = read.result.c.scenario;
      html += fmt::format(
          "<section class=\"group\"><h2>{}</h2><table class=\"data cases\"><thead><tr><th "
          "scope=\"col\">verdict</th><th scope=\"col\">checkpoint</th><th scope=\"col\">host</th>"
          "<th scope=\"col\">runtime</th><th scope=\"col\">strategy</th><th "
          "scope=\"col\">observed</th></tr></thead><tbody>\n",
          Escaped(scenario));
    }
    const std::string number = std::to_string(details.size());
    html += Row(read, details.size());
    details[number] = DetailOf(read);
  }
  return html.empty() ? "<p>No case was run.</p>" : html + "</tbody></table></section>\n";
}

std::string Changes(const std::vector<Changed>& changes) {
  if (changes.empty()) return "<h2>Changes</h2><p>Nothing changed since the other run.</p>\n";
  std::string html =
      "<h2>Changes</h2><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"table: "
      "changes\"><table class=\"data\"><thead><tr><th "
      "scope=\"col\">change</th><th scope=\"col\">case</th><th scope=\"col\">before</th><th "
      "scope=\"col\">now</th></tr></thead><tbody>\n";
  for (const Changed& changed : changes) {
    const bool bad = changed.change == Change::kNewlyFailing;
    const bool good = changed.change == Change::kNewlyPassing;
    html += fmt::format(
        "<tr><td><span class=\"outcome {}\">{}</span></td><td><code>{}</code></td><td>{}</td>"
        "<td>{}</td></tr>\n",
        bad    ? "unexpected"
        : good ? "expected"
               : "other",
        ChangeName(changed.change), Escaped(changed.id), Escaped(changed.before),
        Escaped(changed.after));
  }
  return html + "</tbody></table></div>\n";
}

template <typename ValueOf>
std::vector<std::pair<std::string, std::string>> Options(const ReadRun& run, ValueOf value_of) {
  std::set<std::string> values;
  for (const ReadCase& read : run.cases) values.insert(value_of(read.result));
  std::vector<std::pair<std::string, std::string>> options;
  for (const std::string& value : values) options.emplace_back(value, value);
  return options;
}

std::string FiltersOf(const ReadRun& run) {
  return Filters(
      "search",
      SelectFilter("verdict", "verdict",
                   Options(run, [](const Result& r) { return VerdictName(r.judgement.verdict); })) +
          SelectFilter(
              "host", "host",
              Options(run,
                      [](const Result& r) { return scenario::HostAndMask(r.c.host, r.c.mask); })) +
          SelectFilter("runtime", "runtime",
                       Options(run, [](const Result& r) { return r.runtime_id; })));
}

std::string Head(const ReadRun& run) {
  const Totals& totals = run.totals;
  return fmt::format(
      "<h1>{} of {} cases as expected</h1><p>{} not as expected, {} errors, {} skipped{}. "
      "Runtimes: {}. {}</p>\n",
      totals.as_expected, totals.All(), totals.not_as_expected, totals.errors, totals.skipped,
      run.complete ? "" : "; the run was interrupted",
      Escaped(fmt::format("{}", fmt::join(run.facts.runtimes, ", "))),
      "Dashed outcomes are of simulated GPUs, solid ones of real ones.");
}

}  // namespace

std::string RunHtml(const ReadRun& run, const std::optional<std::vector<Changed>>& changes) {
  PageParts parts;
  parts.title = fmt::format("Portcullis: {} of {} cases as expected", run.totals.as_expected,
                            run.totals.All());
  parts.description = "What each load did, held against what was expected of it.";
  parts.navigation =
      "<span class=\"name\">Portcullis</span><span class=\"quiet\">report of a "
      "run</span>";
  parts.details = json::object();
  parts.body = Head(run) + (changes ? Changes(*changes) : std::string()) + FiltersOf(run) +
               Sections(run, parts.details);
  parts.footer = fmt::format("Portcullis {}, {}: <code>portcullis {}</code>",
                             Escaped(run.facts.version), Escaped(run.facts.started),
                             Escaped(fmt::format("{}", fmt::join(run.facts.arguments, " "))));
  return Page(parts);
}

}  // namespace portcullis::report
