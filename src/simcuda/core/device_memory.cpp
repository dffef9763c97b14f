#include "src/simcuda/core/device_memory.h"

#include <sys/mman.h>

#include <iterator>
#include <string>

#include "src/simcuda/core/say.h"

namespace portcullis::simcuda {
namespace {

constexpr std::size_t kSmall = 512;        // cudaMalloc's alignment
constexpr std::size_t kLarge = 2UL << 20;  // page of device memory
constexpr std::size_t kHostPage = 4096;
// Addresses are not memory: with twice as many as there is memory, no allocation that fits
// fails because of the gaps between others.
constexpr std::size_t kAddressesPerByte = 2;

constexpr std::size_t RoundUp(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::byte* Map(std::size_t bytes, int protection) {
  void* memory =
      mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

// A range that starts at a large page.
std::byte* MapAligned(std::size_t bytes, int protection) {
  std::byte* memory = Map(bytes + kLarge, protection);
  if (!memory) return nullptr;
  const std::size_t skip = (kLarge - reinterpret_cast<std::uintptr_t>(memory) % kLarge) % kLarge;
  if (skip) munmap(memory, skip);
  munmap(memory + skip + bytes, kLarge - skip);
  return memory + skip;
}

}  // namespace

DeviceMemory::~DeviceMemory() {
  if (!bytes_) return;
  munmap(addresses_, length_);
  munmap(bytes_, length_);
}

bool DeviceMemory::Reserve() {
  if (bytes_) return true;
  const std::size_t length = RoundUp(capacity_ * kAddressesPerByte, kLarge);
  std::byte* addresses = MapAligned(length, PROT_NONE);
  std::byte* bytes = addresses ? Map(length, PROT_READ | PROT_WRITE) : nullptr;
  if (!bytes) {
    if (addresses) munmap(addresses, length);
    Say("no room for " + std::to_string(2 * length) +
        " bytes of addresses (ulimit -v?); the simulated device is out of memory");
    return false;
  }
  madvise(bytes, length, MADV_DONTDUMP);
  madvise(bytes, length, MADV_HUGEPAGE);
  bytes_ = bytes;
  length_ = length;
  gaps_[0] = length;
  addresses_.store(addresses, std::memory_order_release);
  return true;
}

// First fit. Offset of the part taken.
std::optional<std::size_t> DeviceMemory::TakeGap(std::size_t bytes, std::size_t alignment) {
  for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
    const std::size_t start = RoundUp(gap->first, alignment);
    const std::size_t end = gap->first + gap->second;
    if (start > end || end - start < bytes) continue;
    const std::size_t before = start - gap->first;
    const std::size_t after = end - start - bytes;
    if (before) gap->second = before;
    if (after) gaps_[start + bytes] = after;
    if (!before) gaps_.erase(gap);
    return start;
  }
  return std::nullopt;
}

void DeviceMemory::ReturnGap(std::size_t offset, std::size_t bytes) {
  auto gap = gaps_.emplace(offset, bytes).first;
  if (const auto next = std::next(gap); next != gaps_.end() && offset + bytes == next->first) {
    gap->second += next->second;
    gaps_.erase(next);
  }
  if (gap == gaps_.begin()) return;
  const auto previous = std::prev(gap);
  if (previous->first + previous->second != offset) return;
  previous->second += gap->second;
  gaps_.erase(gap);
}

std::optional<Allocation> DeviceMemory::Allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > capacity_) return std::nullopt;  // and so rounding up cannot overflow
  const std::size_t unit = bytes >= kLarge ? kLarge : kSmall;
  const std::size_t reserved = RoundUp(bytes, unit);
  if (reserved > capacity_ - taken_ - in_use_ || !Reserve()) return std::nullopt;
  const std::optional<std::size_t> offset = TakeGap(reserved, unit);
  if (!offset) return std::nullopt;
  in_use_ += reserved;
  return allocations_[*offset] = {addresses_.load() + *offset, bytes, reserved};
}

std::optional<Allocation> DeviceMemory::Free(const void* address) {
  const std::lock_guard lock(mutex_);
  const std::optional<std::size_t> wanted = OffsetOf(address);
  const auto found = wanted ? allocations_.find(*wanted) : allocations_.end();
  if (found == allocations_.end()) return std::nullopt;
  const auto [offset, allocation] = *found;
  allocations_.erase(found);
  ReturnGap(offset, allocation.reserved);
  in_use_ -= allocation.reserved;
  const std::size_t first_page = RoundUp(offset, kHostPage);
  const std::size_t end_page = (offset + allocation.reserved) / kHostPage * kHostPage;
  if (first_page < end_page) madvise(bytes_ + first_page, end_page - first_page, MADV_DONTNEED);
  return allocation;
}

std::uint64_t DeviceMemory::FreeAll() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t freed = in_use_;
  if (!bytes_) return freed;
  madvise(bytes_, length_, MADV_DONTNEED);
  allocations_.clear();
  gaps_ = {{0, length_}};
  in_use_ = 0;
  return freed;
}

std::optional<std::size_t> DeviceMemory::OffsetOf(const void* address) const {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  const std::byte* addresses = addresses_.load(std::memory_order_acquire);
  const auto start = reinterpret_cast<std::uintptr_t>(addresses);
  if (!addresses || wanted < start || wanted - start >= length_) return std::nullopt;
  return wanted - start;
}

const Allocation* DeviceMemory::AllocationAt(std::size_t offset) const {
  const auto after = allocations_.upper_bound(offset);
  if (after == allocations_.begin()) return nullptr;
  const auto& [start, allocation] = *std::prev(after);
  return offset - start < allocation.reserved ? &allocation : nullptr;
}

std::optional<Allocation> DeviceMemory::Find(const void* address) const {
  const std::optional<std::size_t> offset = OffsetOf(address);
  const std::lock_guard lock(mutex_);
  const Allocation* allocation = offset ? AllocationAt(*offset) : nullptr;
  return allocation ? std::optional(*allocation) : std::nullopt;
}

bool DeviceMemory::Owns(const void* address) const { return OffsetOf(address).has_value(); }

std::byte* DeviceMemory::View(const void* address) const {
  return bytes_ + OffsetOf(address).value();
}

std::byte* DeviceMemory::ViewOf(const void* address, std::size_t bytes) const {
  const std::optional<std::size_t> offset = OffsetOf(address);
  if (!offset) return nullptr;
  const std::lock_guard lock(mutex_);
  const Allocation* allocation = AllocationAt(*offset);
  if (!allocation) return nullptr;
  const auto before =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - allocation->address);
  if (before > allocation->bytes || bytes > allocation->bytes - before) return nullptr;
  return bytes_ + *offset;
}

std::optional<DeviceMemory::Ranges> DeviceMemory::FindRanges() {
  const std::lock_guard lock(mutex_);
  if (!Reserve()) return std::nullopt;
  return Ranges{addresses_, bytes_, length_};
}

std::uint64_t DeviceMemory::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

}  // namespace portcullis::simcuda
