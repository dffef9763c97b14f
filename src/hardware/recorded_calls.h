// Owns: the names of the calls that the recorder writes down, for whoever compares records.
#pragma once

#include <array>
#include <string_view>

namespace portcullis::hardware {

inline constexpr std::array<std::string_view, 11> kRecordedCalls{"cudaMalloc",
                                                                 "cudaMallocAsync",
                                                                 "cudaFree",
                                                                 "cudaFreeAsync",
                                                                 "cudaMemcpy",
                                                                 "cudaMemcpyAsync",
                                                                 "cudaMemcpyPeerAsync",
                                                                 "cudaMemcpy2DAsync",
                                                                 "cudaLaunchKernel",
                                                                 "cudaLaunchKernelExC",
                                                                 "cudaLaunchCooperativeKernel"};

}  // namespace portcullis::hardware
