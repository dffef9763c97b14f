#include "harness/report/run_markdown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace portcullis::report {
namespace {

using verdict::Verdict;

// Seven lists of so many rows stay below the limit of a comment.
constexpr std::size_t kMostRows = 20;
constexpr std::size_t kLongestCell = 140;  // bytes

// At most kLongestCell bytes of it, not cut inside a UTF-8 character.
std::string Cut(const std::string& text) {
  if (text.size() <= kLongestCell) return text;
  std::size_t end = kLongestCell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

// Text within a table's cell: one line, no markup of its own.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char c : Cut(text)) {
    if (c == '|') {
      cell += "\\|";
    } else if (c == '<') {
      cell += "&lt;";
    } else if (c == '\n' || c == '\r') {
      cell += ' ';
    } else {
      cell += c;
    }
  }
  return cell;
}

std::string Code(const std::string& text) { return "`" + Cell(text) + "`"; }

std::string Rows(const std::vector<std::string>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size() && i < kMostRows; ++i) text += rows[i] + "\n";
  if (rows.size() > kMostRows) text += fmt::format("\n… and {} more\n", rows.size() - kMostRows);
  return text;
}

std::string Section(const std::string& title, const char* columns,
                    const std::vector<std::string>& rows) {
  if (rows.empty()) return {};
  return fmt::format("\n**{}** ({})\n\n{}{}", title, rows.size(), columns, Rows(rows));
}

std::string Changes(const std::vector<Changed>& changes) {
  if (changes.empty()) return "\nNothing changed since the other run.\n";
  std::map<Change, std::vector<std::string>> rows;
  for (const Changed& changed : changes) {
    rows[changed.change].push_back(fmt::format("| {} | {} | {} |", Code(changed.id),
                                               Cell(changed.before), Cell(changed.after)));
  }
  std::string text;
  for (const auto& [change, list] : rows) {
    text += Section(ChangeName(change), "| case | before | now |\n| --- | --- | --- |\n", list);
  }
  return text;
}

std::string Findings(const ReadRun& run) {
  std::vector<std::string> rows;
  for (const ReadCase& read : run.cases) {
    const auto verdict = read.result.judgement.verdict;
    if (verdict == Verdict::kAsExpected || verdict == Verdict::kSkipped) continue;
    rows.push_back(
        fmt::format("| {} | {} | {} |", Code(read.result.c.id), verdict::VerdictName(verdict),
                    Cell(fmt::format("{}", fmt::join(read.result.judgement.differences, "; ")))));
  }
  return Section("Not as expected", "| case | verdict | what differs |\n| --- | --- | --- |\n",
                 rows);
}

std::string Skipped(const ReadRun& run) {
  std::map<std::string, int> reasons;
  for (const ReadCase& read : run.cases) {
    if (read.result.judgement.verdict == Verdict::kSkipped) ++reasons[read.result.judgement.reason];
  }
  std::vector<std::string> rows;
  for (const auto& [reason, count] : reasons) {
    rows.push_back(fmt::format("| {} | {} |", count, Cell(reason)));
  }
  return Section("Skipped", "| cases | because |\n| ---: | --- |\n", rows);
}

std::string Head(const ReadRun& run) {
  const Totals& totals = run.totals;
  const bool good = totals.not_as_expected + totals.errors == 0 && run.complete;
  return fmt::format(
      "### {} Portcullis: {} of {} cases as expected{}\n\n"
      "{} not as expected, {} errors, {} skipped · runtimes: {} · simulated GPUs\n",
      good ? "✅" : "❌", totals.as_expected, totals.All(), run.complete ? "" : ", interrupted",
      totals.not_as_expected, totals.errors, totals.skipped,
      Cell(fmt::format("{}", fmt::join(run.facts.runtimes, ", "))));
}

}  // namespace

std::string RunMarkdown(const ReadRun& run, const std::optional<std::vector<Changed>>& changes) {
  return Head(run) + (changes ? Changes(*changes) : std::string()) + Findings(run) + Skipped(run);
}

}  // namespace portcullis::report
