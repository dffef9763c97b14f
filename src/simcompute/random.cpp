#include "src/simcompute/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>

#include <mutex>

namespace portcullis::simcompute {
namespace {

// The last step of splitmix64: neighbouring offsets give unrelated seeds.
std::uint64_t Mix(std::uint64_t seed, std::uint64_t offset) {
  std::uint64_t x = seed + (offset + 1) * 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

constexpr std::uint64_t kStep = 4;  // offsets are multiples of 4 (CUDAGeneratorImpl.cpp)

}  // namespace

at::Generator NextGenerator(const std::optional<at::Generator>& asked, c10::DeviceIndex device) {
  auto* generator = at::get_generator_or_default<at::CUDAGeneratorImpl>(
      asked, at::cuda::detail::getDefaultCUDAGenerator(device));
  const std::lock_guard lock(generator->mutex_);
  const std::uint64_t offset = generator->get_offset();
  generator->set_offset(offset + kStep);
  return at::detail::createCPUGenerator(Mix(generator->current_seed(), offset));
}

}  // namespace portcullis::simcompute
