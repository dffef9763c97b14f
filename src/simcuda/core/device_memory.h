// Owns: the memory of one device: its addresses, its capacity, and which parts are allocated.
//
// Addresses that a program gets are a reserved range that nobody can read or write: a program that
// follows a device pointer faults, as on a real host. The bytes are in a second range of the same
// length; copies find them there, at the same offset. Pages that were never written cost nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace portcullis::simcuda {

// A part of device memory that a program asked for.
struct Allocation {
  std::byte* address = nullptr;
  std::size_t bytes = 0;     // as asked for
  std::size_t reserved = 0;  // as taken from the capacity
};

class DeviceMemory {
 public:
  // `taken`: what other processes have of the capacity.
  explicit DeviceMemory(std::uint64_t capacity, std::uint64_t taken = 0)
      : capacity_(capacity), taken_(taken < capacity ? taken : capacity) {}
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  // Nothing if it does not fit. Small sizes are rounded up to 512 bytes, sizes from 2 MiB on to
  // 2 MiB, and so are the addresses.
  std::optional<Allocation> Allocate(std::size_t bytes);
  // Gives an allocation back by its address; nothing if there is none at exactly this address.
  std::optional<Allocation> Free(const void* address);
  // Gives everything back; returns how many bytes of the capacity that was.
  std::uint64_t FreeAll();
  // The allocation that holds this address.
  std::optional<Allocation> Find(const void* address) const;
  // Whether the address is one of this device's, allocated or not.
  bool Owns(const void* address) const;

  // Where the bytes of a device address are for copies. The address must be allocated.
  std::byte* View(const void* address) const;
  // The same, checked: null if these bytes are not wholly inside one allocation.
  std::byte* ViewOf(const void* address, std::size_t bytes) const;

  // The two ranges, which exist from here on; nothing if there is no room for them.
  struct Ranges {
    std::byte* addresses;
    std::byte* bytes;
    std::size_t length;  // of either
  };
  std::optional<Ranges> FindRanges();

  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t in_use() const;  // by this process
  std::uint64_t free() const { return capacity_ - taken_ - in_use(); }

 private:
  // Offset of an address in the reserved range; nothing if it is not of this device.
  std::optional<std::size_t> OffsetOf(const void* address) const;
  // The allocation that holds this offset, null if none does; under the lock.
  const Allocation* AllocationAt(std::size_t offset) const;
  bool Reserve();  // both ranges, at the first allocation
  std::optional<std::size_t> TakeGap(std::size_t bytes, std::size_t alignment);
  void ReturnGap(std::size_t offset, std::size_t bytes);

  const std::uint64_t capacity_;
  const std::uint64_t taken_;
  mutable std::mutex mutex_;
  // Start of the reserved range, null before it is there; set last of these three, once, so that
  // who sees it may read the others without the lock.
  std::atomic<std::byte*> addresses_ = nullptr;
  std::byte* bytes_ = nullptr;  // start of the range that holds the bytes
  std::size_t length_ = 0;      // of either range
  std::uint64_t in_use_ = 0;
  std::map<std::size_t, std::size_t> gaps_;        // offset → bytes, never touching each other
  std::map<std::size_t, Allocation> allocations_;  // by offset
};

}  // namespace portcullis::simcuda
