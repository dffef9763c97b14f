// Owns: what a person sees of a run: progress, the table of claims, grids of outcomes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/results_file.h"
#include "harness/verdict/claims.h"
#include "harness/verdict/result.h"

namespace portcullis::report {

// Colours and width of one stream: colours only on a terminal and without NO_COLOR.
class Style {
 public:
  explicit Style(std::FILE* stream);
  Style(bool colour, bool terminal, std::size_t width)
      : colour_(colour), terminal_(terminal), width_(width) {}
  std::string Bold(std::string_view text) const { return Paint("1", text); }
  std::string Dim(std::string_view text) const { return Paint("2", text); }
  std::string Good(std::string_view text) const { return Paint("32", text); }
  std::string Bad(std::string_view text) const { return Paint("31", text); }
  std::string Odd(std::string_view text) const { return Paint("33", text); }
  bool terminal() const { return terminal_; }
  std::size_t width() const { return width_; }

 private:
  std::string Paint(const char* code, std::string_view text) const;
  bool colour_, terminal_;
  std::size_t width_;  // columns; 80 where nobody says
};

// Columns that UTF-8 text takes (one a code point; enough for the signs we print).
std::size_t Columns(std::string_view text);
// Breaks text into lines of at most `width` columns at spaces; a longer word stands alone.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);
// The text in lines that fit: the first one indented, those that follow by two more.
std::string Paragraph(std::string_view text, std::size_t indent, const Style& style);

// A line on standard error with the cases done, those a second, and the time left: rewritten in
// place on a terminal, else one line every tenth.
class Progress {
 public:
  Progress(std::size_t total, Style style);
  void Done(const Totals& totals);
  void Clear();

 private:
  std::string Line(const Totals& totals, double seconds) const;
  std::size_t total_, last_tenth_ = 0;
  Style style_;
  std::chrono::steady_clock::time_point started_, next_line_;
};

// The table of claims, one claim a row with its evidence under it.
std::string ClaimsTable(std::span<const verdict::ClaimAnswer> answers, const Style& style);
// "132 cases: 130 as expected, 2 not as expected, 0 errors, 0 skipped; 41.2 s"
std::string Summary(const Totals& totals, double seconds, const Style& style);

// What a grid shows of one case.
struct Cell {
  const scenario::Case* c = nullptr;
  verdict::Outcome outcome = verdict::Outcome::kNotStarted;
  verdict::Verdict verdict = verdict::Verdict::kSkipped;
};
// A grid of outcomes for somebody's own checkpoint: strategies down, hosts across, both in the
// order of their first cells.
std::string Grid(std::span<const Cell> cells, const Style& style);

}  // namespace portcullis::report
