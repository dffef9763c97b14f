// Owns: how much a checkpoint may make the reader spend. Everything else grows with what is really
// in the file.
#pragma once

#include <cstdint>

namespace portcullis::checkpoint {

// Memory for the values of one pickle, and as much again for the device map: this much, and
// kBudgetPerByte for each byte of the file. 10,000 tensors of a state_dict take 4 MB each way.
inline constexpr std::uint64_t kBaseBudget = 20 << 20;
inline constexpr std::uint64_t kBudgetPerByte = 2;

// A deflated member: at most this much, or this many times its stored size. The pickle of 10,000
// tensors deflates to a tenth; a zip bomb reaches 1,032.
inline constexpr std::uint64_t kInflatedAlways = 1 << 20;
inline constexpr std::uint64_t kInflateRatio = 200;
inline constexpr std::uint64_t kInflatedAtMost = 16 << 20;

// A checkpoint within a checkpoint within …
inline constexpr int kNestedAtMost = 4;

// Containers nested deeper are read for tags, but their tensors are not listed by name.
inline constexpr std::uint32_t kDeepestNamed = 1000;

// Longest dotted path; what is longer ends in "…".
inline constexpr std::uint64_t kLongestName = 1024;

// More dimensions than PyTorch's own operators take (at most 64).
inline constexpr std::uint32_t kMostDimensions = 64;

}  // namespace portcullis::checkpoint
