// Owns: random numbers on simulated devices.
//
// PyTorch's CUDA generator is a seed and an offset that every kernel moves on. The CPU's kernels
// draw from a CPU generator of their own, made from these two for each operator: the same seed
// gives the same numbers, each device has its own, and saved states come back. They are not the
// numbers that a real GPU draws.
#pragma once

#include <ATen/core/Generator.h>

#include <optional>

namespace portcullis::simcompute {

// The CPU generator for the next operator on this device, and moves the device's generator on.
// `asked`: the generator that the program passed; without one, the device's default. Throws what
// PyTorch throws if it is not a CUDA generator.
at::Generator NextGenerator(const std::optional<at::Generator>& asked, c10::DeviceIndex device);

}  // namespace portcullis::simcompute
