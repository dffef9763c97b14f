#include "src/simcuda/core/host_memory.h"

#include <sys/mman.h>

#include <iterator>

namespace portcullis::simcuda {

std::optional<PinnedRange> HostMemory::Allocate(std::size_t bytes, unsigned flags, int device) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::lock_guard lock(mutex_);
  return ranges_[address] = {address, bytes, flags, device, true};
}

bool HostMemory::Free(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = ranges_.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == ranges_.end() || !found->second.allocated) return false;
  munmap(address, found->second.bytes);
  ranges_.erase(found);
  return true;
}

bool HostMemory::Overlaps(std::uintptr_t address, std::size_t bytes) const {
  const auto after = ranges_.lower_bound(address + bytes);
  if (after == ranges_.begin()) return false;
  const PinnedRange& before = std::prev(after)->second;
  return before.address + before.bytes > address;
}

bool HostMemory::Register(void* address, std::size_t bytes, unsigned flags, int device) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  const std::lock_guard lock(mutex_);
  if (Overlaps(start, bytes)) return false;
  ranges_[start] = {start, bytes, flags, device, false};
  return true;
}

bool HostMemory::Unregister(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = ranges_.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == ranges_.end() || found->second.allocated) return false;
  ranges_.erase(found);
  return true;
}

std::optional<PinnedRange> HostMemory::Find(const void* address) const {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  const std::lock_guard lock(mutex_);
  const auto after = ranges_.upper_bound(wanted);
  if (after == ranges_.begin()) return std::nullopt;
  const PinnedRange& range = std::prev(after)->second;
  if (wanted - range.address >= range.bytes) return std::nullopt;
  return range;
}

}  // namespace portcullis::simcuda
