// Owns: the time of an event, by the clock that the flight record keeps.
#pragma once

#include <cstdint>
#include <ctime>

namespace portcullis::hardware {

// CLOCK_MONOTONIC, in nanoseconds.
inline std::uint64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  constexpr std::uint64_t kSecond = 1'000'000'000;
  return static_cast<std::uint64_t>(now.tv_sec) * kSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace portcullis::hardware
