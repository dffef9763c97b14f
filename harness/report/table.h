// Owns: columns that line up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/report/terminal.h"

namespace portcullis::report {

struct Column {
  std::string head;
  bool right = false;  // numbers line up at their ends
};

// The heads in bold, then the rows; two blanks between columns, none at the end of a line. The last
// column is wrapped to the width of the style, if at least 20 columns are left for it.
std::string Table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows, const Style& style);

}  // namespace portcullis::report
