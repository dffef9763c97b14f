// Owns: what an error text says besides its class: numbers of GPUs, tags, devices, sizes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::repro {

struct Fact {
  std::string what;   // "GPU asked for"
  std::string value;  // "1"
};

// Every fact that `text` holds, in the order of the table; each at most once.
std::vector<Fact> ReadFacts(std::string_view text);

// The value of a fact, or "".
std::string ValueOf(const std::vector<Fact>& facts, std::string_view what);

}  // namespace portcullis::repro
