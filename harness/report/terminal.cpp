#include "harness/report/terminal.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::report {
namespace {

using verdict::Answer;

constexpr std::chrono::milliseconds kBetweenLines{100};  // of progress on a terminal

std::string Pad(const std::string& text, std::size_t width) {
  const std::size_t columns = Columns(text);
  return columns >= width ? text : text + std::string(width - columns, ' ');
}

std::string Coloured(Answer answer, const std::string& text, const Style& style) {
  switch (answer) {
    case Answer::kConfirmed:
      return style.Good(text);
    case Answer::kLimited:
      return style.Odd(text);
    case Answer::kRefuted:
    case Answer::kOpen:
      return style.Bad(text);
    case Answer::kNotRun:
      return style.Dim(text);
  }
  return text;
}

// "14 confirm, 2 limit", and what is wrong if something is.
std::string CountsText(const verdict::ClaimAnswer& answer) {
  const std::array parts{std::pair{answer.confirming, "confirm"},
                         std::pair{answer.limiting, "limit"},
                         std::pair{answer.refuting, "refute"},
                         std::pair{answer.other, "go with them"},
                         std::pair{answer.unexpected, "not as expected"},
                         std::pair{answer.errors, "errors"},
                         std::pair{answer.skipped, "skipped"}};
  std::string text;
  for (const auto& [count, name] : parts) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  return text;
}

}  // namespace

Progress::Progress(std::size_t total, Style style)
    : total_(total), style_(style), started_(std::chrono::steady_clock::now()) {}

std::string Progress::Line(const Totals& totals, double seconds) const {
  const std::size_t done = totals.All();
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-3);
  const double left = done == 0 ? 0 : static_cast<double>(total_ - done) / rate;
  const auto whole = static_cast<std::size_t>(left + 0.5);
  const std::size_t bad = totals.not_as_expected + totals.errors;
  return fmt::format("{}/{} cases, {} not as expected, {:.{}f}/s, {}:{:02} left", done, total_,
                     bad == 0 ? std::to_string(bad) : style_.Bad(std::to_string(bad)), rate,
                     rate < 10 ? 1 : 0, whole / 60, whole % 60);
}

void Progress::Done(const Totals& totals) {
  if (total_ == 0) return;
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const bool last = totals.All() == total_;
  if (style_.terminal()) {
    if (now < next_line_ && !last) return;
    next_line_ = now + kBetweenLines;
    fmt::print(stderr, "\r\x1b[K{}", Line(totals, seconds));
    std::fflush(stderr);
    return;
  }
  const std::size_t tenth = totals.All() * 10 / total_;
  if (tenth == last_tenth_) return;
  last_tenth_ = tenth;
  fmt::print(stderr, "{}\n", Line(totals, seconds));
}

void Progress::Clear() {
  if (style_.terminal()) fmt::print(stderr, "\r\x1b[K");
}

std::string ClaimsTable(std::span<const verdict::ClaimAnswer> answers, const Style& style) {
  constexpr std::size_t kId = 4;
  constexpr std::size_t kAnswer = 11;
  const std::size_t rest = std::max<std::size_t>(style.width(), 40) - kId - kAnswer - 1;
  std::string text;
  for (const auto& answer : answers) {
    std::string left = style.Bold(Pad(answer.claim.id, kId)) +
                       Coloured(answer.answer, Pad(AnswerName(answer.answer), kAnswer), style);
    const auto add = [&](const std::string& paragraph, bool dim) {
      for (const std::string& line : Wrap(paragraph, rest)) {
        text += left + (dim ? style.Dim(line) : line) + "\n";
        left = std::string(kId + kAnswer, ' ');
      }
    };
    add(answer.claim.says, false);
    if (!answer.evidence.empty()) add("→ " + answer.evidence, false);
    add(CountsText(answer), true);
  }
  return text;
}

std::string Summary(const Totals& totals, double seconds, const Style& style) {
  const auto count = [&](std::size_t number, const char* name, bool bad) {
    const std::string text = fmt::format("{} {}", number, name);
    return bad && number > 0 ? style.Bad(text) : text;
  };
  return fmt::format("{} cases: {}, {}, {}, {}; {:.1f} s\n", totals.All(),
                     count(totals.as_expected, "as expected", false),
                     count(totals.not_as_expected, "not as expected", true),
                     count(totals.errors, "errors", true), count(totals.skipped, "skipped", false),
                     seconds);
}

}  // namespace portcullis::report
