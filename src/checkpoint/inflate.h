// Owns: undoing deflate, within limits (limits.h), by zlib.
#pragma once

#include <cstdint>
#include <vector>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

// Inflates all of `stored` (raw deflate) to exactly `size` bytes. Memory grows with what really
// comes out, not with the claimed size. Throws CheckpointError.
std::vector<std::uint8_t> Inflate(const Source& stored, std::uint64_t size);

}  // namespace portcullis::checkpoint
