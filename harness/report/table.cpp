#include "harness/report/table.h"

#include <algorithm>

namespace portcullis::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLast = 20;

using Row = std::vector<std::string>;

std::string Padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, Columns(text)), ' ');
  return right ? blanks + text : text + blanks;
}

// One row, on as many lines as its last cell needs.
std::vector<std::string> Lines(const Row& row, const std::vector<Column>& columns,
                               const std::vector<std::size_t>& widths, std::size_t last_width) {
  std::string left;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
    left += Padded(row[i], widths[i], columns[i].right) + std::string(kGap, ' ');
  }
  const std::string blank(Columns(left), ' ');
  std::vector<std::string> lines;
  const std::string last =
      columns.back().right ? Padded(row.back(), widths.back(), true) : row.back();
  for (const std::string& piece : columns.back().right ? Row{last} : Wrap(last, last_width)) {
    std::string line = (lines.empty() ? left : blank) + piece;
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::string Table(const std::vector<Column>& columns, const std::vector<Row>& rows,
                  const Style& style) {
  Row heads;
  for (const Column& column : columns) heads.push_back(column.head);
  std::vector<std::size_t> widths(columns.size(), 0);
  std::size_t before_last = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    widths[i] = Columns(heads[i]);
    for (const Row& row : rows) widths[i] = std::max(widths[i], Columns(row[i]));
    if (i + 1 < columns.size()) before_last += widths[i] + kGap;
  }
  const std::size_t last_width = std::max(style.width(), before_last + kLeastLast) - before_last;
  std::string text;
  for (const std::string& line : Lines(heads, columns, widths, last_width)) {
    text += style.Bold(line) + "\n";
  }
  for (const Row& row : rows) {
    for (const std::string& line : Lines(row, columns, widths, last_width)) text += line + "\n";
  }
  return text;
}

}  // namespace portcullis::report
