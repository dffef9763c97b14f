#include "harness/suite/filter.h"

#include <algorithm>

namespace portcullis::suite {
namespace {

bool Among(const std::vector<std::string>& list, std::initializer_list<std::string> names) {
  return list.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return std::find(list.begin(), list.end(), name) != list.end();
         });
}

// A whole id stands for that case only, though other ids begin with it: "…/map-location=cuda".
struct Pattern {
  std::string text;
  bool is_whole_id = false;
  bool Fits(const std::string& id) const { return is_whole_id ? id == text : Contains(id, text); }
};

std::vector<Pattern> PatternsOf(const std::vector<std::string>& ids,
                                const scenario::CaseList& cases) {
  std::vector<Pattern> patterns;
  for (const std::string& text : ids) {
    patterns.push_back({text, cases.Find(text).has_value()});
  }
  return patterns;
}

bool Keep(const scenario::Case& c, const Choice& choice, const std::vector<Pattern>& patterns) {
  const bool id =
      patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                      [&](const Pattern& pattern) { return pattern.Fits(c.id); });
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

scenario::CaseList Filter(const scenario::CaseList& cases, const Choice& choice) {
  const auto patterns = PatternsOf(choice.ids, cases);
  scenario::CaseList kept;
  for (const scenario::Case& c : cases) {
    if (Keep(c, choice, patterns)) kept.Add(c);
  }
  return kept;
}

}  // namespace portcullis::suite
