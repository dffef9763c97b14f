// Owns: what files that are no checkpoints look like, and what to do about it.
#pragma once

#include <string>
#include <string_view>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

struct Candidate;

struct Foreign {
  std::string what;  // "an HTML page"; "something unknown, starting with 01 02 03 04"
  std::string next;  // what to do
  bool known = true;
};

Foreign Recognise(const Candidate& candidate);

// True if the bytes at `offset` are these.
bool Starts(const Source& source, std::uint64_t offset, std::string_view bytes);

}  // namespace portcullis::checkpoint
