#include "harness/report/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace portcullis::report {
namespace {

using verdict::Outcome;
using verdict::Verdict;

constexpr std::size_t kGap = 2;  // between columns

bool Unexpected(const Cell& cell) {
  return cell.verdict == Verdict::kNotAsExpected || cell.verdict == Verdict::kError;
}

// One word a cell: what was observed, marked where it is not what was predicted.
GridCell GridCellOf(const Cell& seen, bool with_runtime) {
  const scenario::Case& c = *seen.c;
  const std::string strategy = c.strategy.Text();
  GridCell cell{with_runtime ? c.runtime + " " + strategy : strategy,
                scenario::HostAndMask(c.host, c.mask), "loads", GridCell::kGood};
  if (seen.verdict == Verdict::kSkipped) {
    cell.text = "-";
    cell.look = GridCell::kPlain;
  } else if (seen.outcome == Outcome::kRaised) {
    cell.text = "fails";
    cell.look = GridCell::kOdd;
  } else if (seen.outcome != Outcome::kLoaded) {
    cell.text = OutcomeName(seen.outcome);
    cell.look = GridCell::kPlain;
  }
  if (Unexpected(seen)) {
    cell.text += " !";
    cell.look = GridCell::kBad;
  }
  return cell;
}

std::string Pad(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, Columns(text)), ' ');
}

std::string Painted(const GridCell& cell, std::size_t width, const Style& style) {
  const std::string padded = Pad(cell.text, width);
  switch (cell.look) {
    case GridCell::kGood:
      return style.Good(padded);
    case GridCell::kOdd:
      return style.Odd(padded);
    case GridCell::kBad:
      return style.Bad(padded);
    case GridCell::kPlain:
      return padded;
  }
  return padded;
}

struct Column {
  std::string name;
  std::size_t width = 0;  // of its widest text
};

class Table {
 public:
  Table(std::span<const GridCell> cells, const Style& style, std::size_t indent)
      : cells_(cells), style_(style), indent_(indent) {
    for (const GridCell& cell : cells) {
      if (std::find(rows_.begin(), rows_.end(), cell.row) == rows_.end()) {
        rows_.push_back(cell.row);
      }
      first_ = std::max(first_, Columns(cell.row));
      Column& column = ColumnOf(cell.column);
      column.width = std::max({column.width, Columns(column.name), Columns(cell.text)});
    }
  }

  // As many columns beside each other as fit, then the others below.
  std::string Text() const {
    std::string text;
    for (std::size_t from = 0; from < columns_.size();) {
      std::size_t to = from;
      for (std::size_t used = indent_ + first_; to < columns_.size(); ++to) {
        used += kGap + columns_[to].width;
        if (to > from && used > style_.width()) break;
      }
      text += (from == 0 ? "" : "\n") + Block(std::span(columns_).subspan(from, to - from));
      from = to;
    }
    return text;
  }

 private:
  Column& ColumnOf(const std::string& name) {
    const auto found = std::find_if(columns_.begin(), columns_.end(),
                                    [&](const Column& column) { return column.name == name; });
    return found != columns_.end() ? *found : columns_.emplace_back(Column{name});
  }

  std::string Block(std::span<const Column> columns) const {
    const std::string gap(kGap, ' ');
    const std::string indent(indent_, ' ');
    std::string text = indent + std::string(first_, ' ');
    for (const Column& column : columns) text += gap + style_.Bold(Pad(column.name, column.width));
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
    for (const std::string& row : rows_) {
      text += indent + Pad(row, first_);
      for (const Column& column : columns) text += gap + Text(row, column);
      text.erase(text.find_last_not_of(' ') + 1);
      text += "\n";
    }
    return text;
  }

  std::string Text(const std::string& row, const Column& column) const {
    const auto found = std::find_if(cells_.begin(), cells_.end(), [&](const GridCell& cell) {
      return cell.row == row && cell.column == column.name;
    });
    return found == cells_.end() ? std::string(column.width, ' ')
                                 : Painted(*found, column.width, style_);
  }

  std::span<const GridCell> cells_;
  const Style& style_;
  std::size_t indent_;
  std::vector<std::string> rows_;
  std::vector<Column> columns_;
  std::size_t first_ = 0;  // width of the rows' names
};

}  // namespace

std::string Grid(std::span<const GridCell> cells, const Style& style, std::size_t indent) {
  return Table(cells, style, indent).Text();
}

std::string Grid(std::span<const Cell> seen, const Style& style) {
  const bool several = std::any_of(seen.begin(), seen.end(), [&](const Cell& cell) {
    return cell.c->runtime != seen.front().c->runtime;
  });
  std::vector<GridCell> cells;
  for (const Cell& cell : seen) cells.push_back(GridCellOf(cell, several));
  return Grid(cells, style, 0);
}

}  // namespace portcullis::report
