// Owns: what is fuzzed: one target for each format, and one for each part below them.
#pragma once

#include <span>
#include <string_view>

#include "src/checkpoint/source.h"

namespace portcullis::fuzz {

struct Target {
  std::string_view name;                 // also of its folder in corpus/
  void (*run)(checkpoint::Bytes bytes);  // returns, or there is a bug
};

std::span<const Target> Targets();

// Null if there is none of that name.
const Target* FindTarget(std::string_view name);

}  // namespace portcullis::fuzz
