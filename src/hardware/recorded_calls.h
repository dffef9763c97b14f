// Owns: the names of the calls that the recorder writes down, for whoever compares records.
#pragma once

#include <array>
#include <string_view>

namespace portcullis::hardware {

inline constexpr std::array<std::string_view, 10> kRecordedCalls{
    "cudaMalloc",          "cudaMallocAsync",   "cudaFree",
    "cudaFreeAsync",       "cudaMemcpy",        "cudaMemcpyAsync",
    "cudaMemcpyPeerAsync", "cudaMemcpy2DAsync", "cudaLaunchKernel",
    "cudaLaunchKernelExC"};

}  // namespace portcullis::hardware
