#include "src/simcuda/core/host_memory.h"

#include <sys/mman.h>

#include <iterator>

namespace portcullis::simcuda {
namespace {

std::uintptr_t Key(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

void HostMemory::Keep(const PinnedRange& range) {
  ranges_[Key(range.address)] = range;
  kept_ = ranges_.size();
}

void HostMemory::Drop(std::map<std::uintptr_t, PinnedRange>::iterator range) {
  ranges_.erase(range);
  kept_ = ranges_.size();
}

std::optional<PinnedRange> HostMemory::Allocate(std::size_t bytes, unsigned flags, int device) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const PinnedRange range = {static_cast<std::byte*>(memory), bytes, flags, device, true};
  Keep(range);
  return range;
}

bool HostMemory::Free(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = ranges_.find(Key(address));
  if (found == ranges_.end() || !found->second.allocated) return false;
  munmap(address, found->second.bytes);
  Drop(found);
  return true;
}

bool HostMemory::Overlaps(std::uintptr_t address, std::size_t bytes) const {
  const auto after = ranges_.lower_bound(address + bytes);
  if (after == ranges_.begin()) return false;
  const auto& [start, before] = *std::prev(after);
  return start + before.bytes > address;
}

bool HostMemory::Register(void* address, std::size_t bytes, unsigned flags, int device) {
  const std::lock_guard lock(mutex_);
  if (Overlaps(Key(address), bytes)) return false;
  Keep({static_cast<std::byte*>(address), bytes, flags, device, false});
  return true;
}

bool HostMemory::Unregister(void* address) {
  const std::lock_guard lock(mutex_);
  const auto found = ranges_.find(Key(address));
  if (found == ranges_.end() || found->second.allocated) return false;
  Drop(found);
  return true;
}

HostMemory::Pinned HostMemory::HowPinned(const void* address, std::size_t bytes) const {
  if (kept_ == 0) return Pinned::kNot;
  const std::lock_guard lock(mutex_);
  if (!Overlaps(Key(address), bytes)) return Pinned::kNot;
  const auto after = ranges_.upper_bound(Key(address));
  if (after == ranges_.begin()) return Pinned::kPartly;
  const auto& [start, range] = *std::prev(after);
  const std::uintptr_t offset = Key(address) - start;
  const bool whole = offset < range.bytes && bytes <= range.bytes - offset;
  return whole ? Pinned::kWholly : Pinned::kPartly;
}

std::optional<PinnedRange> HostMemory::Find(const void* address) const {
  const std::lock_guard lock(mutex_);
  const auto after = ranges_.upper_bound(Key(address));
  if (after == ranges_.begin()) return std::nullopt;
  const auto& [start, range] = *std::prev(after);
  if (Key(address) - start >= range.bytes) return std::nullopt;
  return range;
}

}  // namespace portcullis::simcuda
