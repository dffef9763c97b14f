#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/report/terminal.h"

namespace portcullis::report {
namespace {

using verdict::Outcome;
using verdict::Result;
using verdict::Verdict;

constexpr std::size_t kGap = 2;  // between columns

bool Unexpected(const Result& result) {
  return result.judgement.verdict == Verdict::kNotAsExpected ||
         result.judgement.verdict == Verdict::kError;
}

// One word a cell: what was observed, marked where it is not what was predicted.
std::string CellText(const Result& result) {
  std::string text = "loads";
  if (result.judgement.verdict == Verdict::kSkipped) {
    text = "-";
  } else if (result.observation.outcome == Outcome::kRaised) {
    text = "fails";
  } else if (result.observation.outcome != Outcome::kLoaded) {
    text = OutcomeName(result.observation.outcome);
  }
  return Unexpected(result) ? text + " !" : text;
}

std::string Pad(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, Columns(text)), ' ');
}

std::string Painted(const Result& result, std::size_t width, const Style& style) {
  const std::string text = CellText(result);
  const std::string padded = Pad(text, width);
  if (Unexpected(result)) return style.Bad(padded);
  return text == "loads" ? style.Good(padded) : text == "fails" ? style.Odd(padded) : padded;
}

std::string HostOf(const Result& result) {
  return scenario::HostAndMask(result.c.host, result.c.mask);
}

// Rows are strategies; with several runtimes, strategies of each runtime.
std::string RowOf(const Result& result, bool with_runtime) {
  const std::string strategy = result.c.strategy.Text();
  return with_runtime ? result.c.runtime + " " + strategy : strategy;
}

struct Column {
  std::string host;
  std::size_t width = 0;  // of its widest text
};

class Table {
 public:
  Table(std::span<const Result> results, const Style& style) : results_(results), style_(style) {
    for (const Result& result : results) {
      several_runtimes_ = several_runtimes_ || result.c.runtime != results.front().c.runtime;
    }
    for (const Result& result : results) {
      const std::string row = RowOf(result, several_runtimes_);
      if (std::find(rows_.begin(), rows_.end(), row) == rows_.end()) rows_.push_back(row);
      first_ = std::max(first_, Columns(row));
      Column& column = ColumnOf(HostOf(result));
      column.width = std::max({column.width, Columns(column.host), Columns(CellText(result))});
    }
  }

  // As many hosts beside each other as fit, then the others below.
  std::string Text() const {
    std::string text;
    for (std::size_t from = 0; from < columns_.size();) {
      std::size_t to = from;
      for (std::size_t used = first_; to < columns_.size(); ++to) {
        used += kGap + columns_[to].width;
        if (to > from && used > style_.width()) break;
      }
      text += (from == 0 ? "" : "\n") + Block(std::span(columns_).subspan(from, to - from));
      from = to;
    }
    return text;
  }

 private:
  Column& ColumnOf(const std::string& host) {
    const auto found = std::find_if(columns_.begin(), columns_.end(),
                                    [&](const Column& column) { return column.host == host; });
    return found != columns_.end() ? *found : columns_.emplace_back(Column{host});
  }

  std::string Block(std::span<const Column> columns) const {
    const std::string gap(kGap, ' ');
    std::string text = std::string(first_, ' ');
    for (const Column& column : columns) text += gap + style_.Bold(Pad(column.host, column.width));
    text += "\n";
    for (const std::string& row : rows_) {
      text += Pad(row, first_);
      for (const Column& column : columns) text += gap + Cell(row, column);
      text += "\n";
    }
    return text;
  }

  std::string Cell(const std::string& row, const Column& column) const {
    const auto found = std::find_if(results_.begin(), results_.end(), [&](const Result& result) {
      return RowOf(result, several_runtimes_) == row && HostOf(result) == column.host;
    });
    return found == results_.end() ? std::string(column.width, ' ')
                                   : Painted(*found, column.width, style_);
  }

  std::span<const Result> results_;
  const Style& style_;
  bool several_runtimes_ = false;
  std::vector<std::string> rows_;
  std::vector<Column> columns_;
  std::size_t first_ = 0;  // width of the rows' names
};

}  // namespace

std::string Grid(std::span<const Result> results, const Style& style) {
  return Table(results, style).Text();
}

}  // namespace portcullis::report
