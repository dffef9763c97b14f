#include <fmt/format.h>

#include "harness/pages/matrix.h"
#include "harness/pages/names.h"
#include "harness/pages/pages.h"

namespace portcullis::pages {
namespace {

std::string Short(const verdict::Result& result) {
  const std::string word = Word(result);
  if (word == "loads") return "✓";
  return fmt::format("✗ [{}](errors/{}.md)", word, word);
}

// One word where the versions agree, else one for those that do.
std::string ResultsText(const Reference& reference, const Cell& cell) {
  const auto groups = ByResult(cell, reference.versions);
  if (groups.empty()) return " ";
  if (groups.size() == 1) return Short(*groups.front().result);
  std::string text = "**≠** ";
  for (const Agreed& group : groups) {
    text += fmt::format("{}{} {}", &group == &groups.front() ? "" : "<br>", group.versions,
                        Short(*group.result));
  }
  return text;
}

// ● confirmed on hardware, ○ otherwise there.
std::string CellText(const Reference& reference, const Cell& cell) {
  const OnHardware said = cell.OnHardwareIn(reference.recordings);
  const char* sign = said == OnHardware::kNotRun ? "" : said == OnHardware::kTheSame ? " ●" : " ○";
  return ResultsText(reference, cell) + sign;
}

}  // namespace

std::string MatrixPage(const Reference& reference) {
  std::string text = "# The matrix\n\n✓ loads, ✗ fails with that error, ≠ versions differ";
  text += reference.recordings.none()
              ? ". Versions: "
              : ", ● [confirmed on hardware](hardware.md), ○ otherwise there. Versions: ";
  for (const auto& version : reference.versions) {
    text += version + (&version == &reference.versions.back() ? "" : ", ");
  }
  text +=
      ". Every cell is a real load on a\nsimulated host. The [interactive page](site/matrix.html) "
      "of a "
      "checkout has filters, and the exact error, the\nbytes copied and the command of each cell a "
      "click away.\n";
  std::string family;
  for (const Table& table : Tables(reference)) {
    if (table.family != family) text += fmt::format("\n## {}\n", FamilyLabel(table.family));
    family = table.family;
    text +=
        fmt::format("\n### {}: {}\n\n|", FamilyLabel(family), CheckpointLabel(table.checkpoint));
    std::string line = "\n| --- |";
    text += " way of loading |";
    for (const auto& host : table.hosts) {
      text += fmt::format(" {} |", host);
      line += " --- |";
    }
    text += line + "\n";
    for (const Row& row : table.rows) {
      text += fmt::format("| `{}` |", row.strategy.Text());
      for (const Cell& cell : row.cells) {
        text += fmt::format(" {} |", CellText(reference, cell));
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace portcullis::pages
