// Owns: grids of one word a cell: strategies down, hosts across.
#pragma once

#include <span>
#include <string>

#include "harness/report/terminal.h"

namespace portcullis::report {

struct GridCell {
  enum Look { kPlain, kGood, kOdd, kBad };
  std::string row, column;
  std::string text;
  Look look = kPlain;
};

// Rows and columns in the order in which they come; what is wider than the terminal goes below.
std::string Grid(std::span<const GridCell> cells, const Style& style, std::size_t indent);

}  // namespace portcullis::report
