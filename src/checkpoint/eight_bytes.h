// Owns: looking at eight characters at once, one in each byte of a word: what is asked of every
// letter of 10,000 names.
#pragma once

#include <cstdint>

namespace portcullis::checkpoint {

inline constexpr std::uint64_t kEachByte = 0x0101010101010101;  // a 1 in each
inline constexpr std::uint64_t kHighBits = 0x80 * kEachByte;

// The highest bit of each byte that is from `first` to `last`, which are ASCII.
constexpr std::uint64_t BytesBetween(std::uint64_t word, char first, char last) {
  const std::uint64_t low = word & ~kHighBits;  // no sum below carries into the next byte
  const std::uint64_t from_first = low + static_cast<std::uint64_t>(0x80 - first) * kEachByte;
  const std::uint64_t behind_last = low + static_cast<std::uint64_t>(0x80 - last - 1) * kEachByte;
  return from_first & ~behind_last & ~word & kHighBits;
}

}  // namespace portcullis::checkpoint
