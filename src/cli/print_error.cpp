#include "src/cli/print_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "src/checkpoint/printable.h"

namespace portcullis::cli {

void PrintError(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    shown += checkpoint::Printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  fmt::print(stderr, "portcullis: {}", shown);
}

}  // namespace portcullis::cli
