#include "src/simcuda/core/kernel_image.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

namespace portcullis::simcuda {
namespace {

struct Wrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const std::byte* binary;
  const void* more;
};
struct Header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_bytes;
  std::uint64_t bytes;  // of all entries
};
struct Entry {
  std::uint16_t kind;
  std::uint16_t attributes;
  std::uint32_t header_bytes;
  std::uint64_t bytes;  // of the code
  std::uint32_t compressed_bytes;
  std::uint32_t unknown;
  std::uint16_t minor;
  std::uint16_t major;
  std::uint32_t capability;
};
static_assert(sizeof(Header) == 16 && sizeof(Entry) == 32);

constexpr std::uint32_t kWrapperMagic = 0x466243B1;
constexpr std::uint32_t kHeaderMagic = 0xBA55ED50;
constexpr std::uint16_t kPtx = 1;
constexpr std::uint16_t kMachineCode = 2;

bool Fits(const Entry& entry, std::uint32_t capability) {
  if (entry.capability > capability) return false;
  return entry.kind == kPtx ||
         (entry.kind == kMachineCode && entry.capability / 10 == capability / 10);
}

int CapabilityOf(const Device& device) {
  return 10 * device.description().compute_major + device.description().compute_minor;
}

}  // namespace

bool HasImage(const void* wrapper, int capability) {
  const auto* known = static_cast<const Wrapper*>(wrapper);
  if (!known || known->magic != kWrapperMagic || !known->binary) return true;
  const auto* header = reinterpret_cast<const Header*>(known->binary);
  if (header->magic != kHeaderMagic) return true;
  const std::byte* at = known->binary + header->header_bytes;
  for (std::uint64_t left = header->bytes; left >= sizeof(Entry);) {
    const auto* entry = reinterpret_cast<const Entry*>(at);
    if (Fits(*entry, static_cast<std::uint32_t>(capability))) return true;
    const std::uint64_t length = entry->header_bytes + entry->bytes;
    if (length < sizeof(Entry) || length > left) return true;
    at += length;
    left -= length;
  }
  return false;
}

Kernels& Kernels::Get() {
  static auto* kernels = new Kernels;  // never destroyed: libraries unload during exit
  return *kernels;
}

void Kernels::AddBinary(const void* wrapper) {
  const std::lock_guard lock(mutex_);
  binaries_.push_back(wrapper);
}

void Kernels::RemoveBinary(const void* wrapper) {
  const std::lock_guard lock(mutex_);
  std::erase(binaries_, wrapper);  // its kernels stay: nobody can launch them any more
}

void Kernels::Add(const void* function, const char* device_name, const void* wrapper) {
  const std::lock_guard lock(mutex_);
  kernels_[function] = {device_name, wrapper};
}

bool Kernels::Knows(const void* function) const {
  const std::lock_guard lock(mutex_);
  return kernels_.contains(function);
}

std::string Kernels::Name(const void* function) const {
  const std::lock_guard lock(mutex_);
  const char* name = kernels_.at(function).device_name;
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? readable.get() : name;
}

bool Kernels::CanRun(const void* function, const Device& device) const {
  const std::lock_guard lock(mutex_);
  return HasImage(kernels_.at(function).wrapper, CapabilityOf(device));
}

bool Kernels::AnyCanRun(const Device& device) const {
  const std::lock_guard lock(mutex_);
  return binaries_.empty() ||
         std::any_of(binaries_.begin(), binaries_.end(),
                     [&](const void* wrapper) { return HasImage(wrapper, CapabilityOf(device)); });
}

}  // namespace portcullis::simcuda
