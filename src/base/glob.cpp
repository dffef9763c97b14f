#include "src/base/glob.h"

#include <fnmatch.h>

#include <string>
#include <vector>

namespace portcullis {
namespace {

using Parts = std::vector<std::string>;

Parts Split(std::string_view path) {
  Parts parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = path.find('/', start);
    parts.emplace_back(path.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

}  // namespace

// fits[i][j]: the first i parts of the pattern fit the first j of the path. A table and not
// recursion: a pattern of many "**" must not take exponential time.
bool GlobMatches(std::string_view pattern, std::string_view path) {
  const Parts wanted = Split(pattern);
  const Parts found = Split(path);
  std::vector<std::vector<bool>> fits(wanted.size() + 1, std::vector<bool>(found.size() + 1));
  fits[0][0] = true;
  for (std::size_t i = 1; i <= wanted.size(); ++i) {
    const bool any = wanted[i - 1] == "**";
    fits[i][0] = any && fits[i - 1][0];
    for (std::size_t j = 1; j <= found.size(); ++j) {
      fits[i][j] =
          any ? fits[i - 1][j] || fits[i][j - 1]
              : fits[i - 1][j - 1] && fnmatch(wanted[i - 1].c_str(), found[j - 1].c_str(), 0) == 0;
    }
  }
  return fits[wanted.size()][found.size()];
}

bool IsGlob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

}  // namespace portcullis
