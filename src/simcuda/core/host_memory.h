// Owns: the host memory that CUDA knows: allocated by it or registered with it (pinned).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace portcullis::simcuda {

struct PinnedRange {
  std::byte* address = nullptr;
  std::size_t bytes = 0;
  unsigned flags = 0;
  int device = 0;          // current when it was pinned
  bool allocated = false;  // by CUDA; otherwise registered
};

class HostMemory {
 public:
  // Zeroed pages; nothing if the machine has no room.
  std::optional<PinnedRange> Allocate(std::size_t bytes, unsigned flags, int device);
  // False if CUDA did not allocate anything at exactly this address.
  bool Free(void* address);
  // False if a part of the range is pinned already.
  bool Register(void* address, std::size_t bytes, unsigned flags, int device);
  // False if nothing was registered at exactly this address.
  bool Unregister(void* address);
  // The range that holds this address.
  std::optional<PinnedRange> Find(const void* address) const;
  // How these bytes are pinned.
  enum class Pinned { kNot, kWholly, kPartly };
  Pinned HowPinned(const void* address, std::size_t bytes) const;

 private:
  bool Overlaps(std::uintptr_t address, std::size_t bytes) const;
  void Keep(const PinnedRange& range);
  void Drop(std::map<std::uintptr_t, PinnedRange>::iterator range);

  mutable std::mutex mutex_;
  std::map<std::uintptr_t, PinnedRange> ranges_;
  std::atomic<std::size_t> kept_ = 0;  // how many; every copy asks, and most processes have none
};

}  // namespace portcullis::simcuda
