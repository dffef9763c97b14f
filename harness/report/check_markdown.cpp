// check --markdown: what a comment on a pull request shows.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/report/check_report.h"

namespace portcullis::report {
namespace {

constexpr std::size_t kMostBytes = 60'000;  // GitHub takes 65,536 characters

// Text of untrusted origin must neither end a cell nor become a link, a mention or HTML.
std::string Cell(std::string_view text) {
  constexpr std::string_view kMeaning = "\\`*_{}[]()<>#+-!|~@";
  std::string cell;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      cell += ' ';
      continue;
    }
    if (kMeaning.find(c) != std::string_view::npos) cell += '\\';
    cell += c;
  }
  return cell;
}

// Between more backticks than there are in the text; a bar would still end the cell.
std::string Code(const std::string& text) {
  if (text.empty()) return "";
  std::size_t longest = 0;
  std::size_t run = 0;
  std::string code;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (c == '|') code += '\\';
    code += c == '\n' || c == '\r' ? ' ' : c;
  }
  const std::string fence(longest + 1, '`');
  const char* const blank = longest > 0 ? " " : "";
  return fence + blank + code + blank + fence;
}

std::string Row(const suite::Checked& checked, const suite::Finding& finding) {
  return fmt::format("| {} | {} | {} | {} |\n",
                     finding.rule->level == suite::Level::kError ? "❌" : "⚠️",
                     Code(checked.file.string()), Cell(finding.text), Code(finding.remedy));
}

// Errors before warnings, each in the order of the files.
std::vector<std::string> Rows(const CheckReport& report) {
  std::vector<std::string> rows;
  for (const suite::Level level : {suite::Level::kError, suite::Level::kWarning}) {
    for (const auto& checked : report.checked) {
      if (checked.allowed) continue;
      for (const auto& finding : checked.findings) {
        if (finding.rule->level == level) rows.push_back(Row(checked, finding));
      }
    }
  }
  return rows;
}

}  // namespace

std::string CheckMarkdown(const CheckReport& report) {
  std::string text = fmt::format("### {} portcullis check\n\n{}\n",
                                 report.totals.fail == 0 ? "✅" : "❌", CheckSummary(report.totals));
  const auto rows = Rows(report);
  if (rows.empty()) return text;
  text += "\n| | checkpoint | finding | remedy |\n| --- | --- | --- | --- |\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (text.size() + rows[i].size() > kMostBytes) {
      return text + fmt::format("\nand {} more\n", rows.size() - i);
    }
    text += rows[i];
  }
  return text;
}

}  // namespace portcullis::report
