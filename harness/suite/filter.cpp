#include "harness/suite/filter.h"

#include <algorithm>

namespace portcullis::suite {
namespace {

bool Among(const std::vector<std::string>& list, std::initializer_list<std::string> names) {
  return list.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return std::find(list.begin(), list.end(), name) != list.end();
         });
}

bool Keep(const scenario::Case& c, const Choice& choice) {
  const bool id = choice.ids.empty() ||
                  std::any_of(choice.ids.begin(), choice.ids.end(),
                              [&](const std::string& pattern) { return Contains(c.id, pattern); });
  return id && Among(choice.hosts, {c.host, scenario::HostAndMask(c.host, c.mask)}) &&
         Among(choice.runtimes, {c.runtime}) &&
         Among(choice.strategies, {c.strategy.Text(), std::string(c.strategy.Row().name)});
}

}  // namespace

bool Contains(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  for (std::size_t start = 0;;) {
    const std::size_t star = pattern.find('*', start);
    const std::string_view piece = pattern.substr(start, star - start);
    const std::size_t found = text.find(piece, at);
    if (found == std::string_view::npos) return false;
    at = found + piece.size();
    if (star == std::string_view::npos) return true;
    start = star + 1;
  }
}

std::vector<scenario::Case> Filter(std::vector<scenario::Case> cases, const Choice& choice) {
  std::erase_if(cases, [&](const scenario::Case& c) { return !Keep(c, choice); });
  return cases;
}

}  // namespace portcullis::suite
