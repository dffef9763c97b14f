// Owns: the entry points by number: the rows of the entry-point tables (src/simcuda/table), as the
// events of a flight record name them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace portcullis::simcuda {

inline constexpr std::string_view kEntryNames[] = {
#define PORTCULLIS_ENTRY_NAME(name) #name,
#include "entry_names.inc"  // generated from the tables when the build is configured
#undef PORTCULLIS_ENTRY_NAME
};

inline constexpr std::uint16_t kNoEntry = 0xFFFF;

// The number of a name; kNoEntry for a name that no table has.
constexpr std::uint16_t FindEntry(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kEntryNames); ++i) {
    if (kEntryNames[i] == name) return static_cast<std::uint16_t>(i);
  }
  return kNoEntry;
}

}  // namespace portcullis::simcuda
