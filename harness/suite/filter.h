// Owns: choosing cases on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/case_list.h"

namespace portcullis::suite {

// What to keep; an empty list keeps all. `ids` are whole ids or substrings of ids, * standing for
// anything.
struct Choice {
  std::vector<std::string> hosts, runtimes, strategies, ids;
};

scenario::CaseList Filter(const scenario::CaseList& cases, const Choice& choice);

// True if `pattern` occurs in `text`, * standing for any characters.
bool Contains(std::string_view text, std::string_view pattern);

}  // namespace portcullis::suite
