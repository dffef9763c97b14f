// Owns: finding a known error in whatever somebody pastes: a message, a traceback, a log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/repro/facts.h"
#include "src/portability/error_catalog.h"

namespace portcullis::repro {

struct Recognised {
  const portability::ErrorClass* error = nullptr;
  const portability::Wording* wording = nullptr;  // whose words, if not those of the class
  std::string sentence;                           // as it stands in the text, shortened
  std::vector<Fact> facts;
  std::vector<const portability::ErrorClass*> also;  // other known errors in the same text
};

// The error that the text ends in, or nothing. Line breaks within a message, colours, frames of
// boxes and all that stands around it do not matter.
std::optional<Recognised> Recognise(std::string_view text);

}  // namespace portcullis::repro
