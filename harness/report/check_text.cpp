#include "harness/report/check_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <vector>

#include "harness/report/device_map.h"
#include "harness/report/grid.h"
#include "src/base/size.h"
#include "src/checkpoint/printable.h"

namespace portcullis::report {
namespace {

using suite::Checked;
using suite::Finding;
using suite::Level;

constexpr char kKept = '\0';  // stands for a space while lines are broken

// "zip, 214 tensors, 97.8 MiB, tags: cuda:0 (97.8 MiB)"
std::string Headline(const suite::MapSummary& map) {
  std::string tags;
  for (const auto& [device, bytes] : map.by_tag) {
    tags += fmt::format("{}{} ({})", tags.empty() ? "" : ", ", ShownTag(device), SizeText(bytes));
  }
  return fmt::format("{}, {} tensor{}, {}, tags: {}", FormatName(map.format), map.tensors,
                     map.tensors == 1 ? "" : "s", SizeText(map.bytes),
                     tags.empty() ? "none" : tags);
}

std::string Verdict(const Checked& checked, const Style& style) {
  if (checked.allowed) return style.Dim("allowed");
  if (!checked.Passes()) return style.Bad("fails");
  return style.Good("ok   ");
}

std::string ForecastGrid(const Checked& checked, const Style& style) {
  const bool several = std::any_of(
      checked.forecasts.begin(), checked.forecasts.end(),
      [&](const auto& forecast) { return forecast.runtime != checked.forecasts[0].runtime; });
  std::vector<GridCell> cells;
  for (const auto& forecast : checked.forecasts) {
    const auto& said = forecast.prediction;
    cells.push_back({several ? forecast.runtime + " " + forecast.strategy : forecast.strategy,
                     forecast.host,
                     said.loads       ? "loads"
                     : said.supported ? "fails"
                                      : "-",
                     said.loads       ? GridCell::kGood
                     : said.supported ? GridCell::kOdd
                                      : GridCell::kPlain});
  }
  return Grid(cells, style, 6);
}

// The spaces of code, where a line does not break: in brackets and quotes, and of a whole command.
std::string KeptTogether(std::string text) {
  const bool command = text.starts_with("portcullis ");
  int depth = 0;
  bool quoted = false;
  char before = ' ';
  for (char& c : text) {
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    const bool apostrophe = !quoted && std::isalnum(static_cast<unsigned char>(before)) != 0;
    if (c == '\'' && !apostrophe) quoted = !quoted;
    before = c;
    if (c == ' ' && (command || quoted || depth > 0)) c = kKept;
  }
  return text;
}

std::string RemedyText(const std::string& remedy, std::size_t indent, const Style& style) {
  const std::size_t width = std::max<std::size_t>(style.width(), 40) - indent - 2;
  std::string text;
  for (std::string& line : Wrap(KeptTogether(remedy), width)) {
    std::replace(line.begin(), line.end(), kKept, ' ');
    text += fmt::format("{}{} {}\n", std::string(indent, ' '), text.empty() ? "→" : " ",
                        style.Bold(line));
  }
  return text;
}

std::string FindingText(const Finding& finding, const Style& style) {
  constexpr std::size_t kIndent = 6;
  const bool warns = finding.rule->level == Level::kWarning;
  std::string text = Paragraph((warns ? "warning: " : "") + finding.text, kIndent, style);
  if (!finding.remedy.empty()) text += RemedyText(finding.remedy, kIndent + 2, style);
  return text;
}

}  // namespace

std::string CheckedText(const Checked& checked, const Style& style) {
  std::string text = fmt::format("{} {}", Verdict(checked, style),
                                 style.Bold(checkpoint::Printable(checked.file.string())));
  text += checked.map ? ": " + Headline(*checked.map) + "\n" : "\n";
  if (checked.allowed) return text;
  if (checked.forecasts.size() > 1) text += ForecastGrid(checked, style);
  for (const Finding& finding : checked.findings) text += FindingText(finding, style);
  return text;
}

void FileProgress::Done() {
  constexpr std::size_t kEvery = 64;
  ++done_;
  if (!style_.terminal() || total_ < 2 * kEvery || done_ % kEvery != 0) return;
  fmt::print(stderr, "\r\x1b[K{} of {} files", done_, total_);
  std::fflush(stderr);
  shown_ = true;
}

void FileProgress::Clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace portcullis::report
