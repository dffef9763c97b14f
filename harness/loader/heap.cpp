#include "harness/loader/heap.h"

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace portcullis::loader {
namespace {

constexpr std::size_t kHostPage = 4096;
// Tensors up to this size are on the heap too: what one gives back, the next one takes.
constexpr std::size_t kLargestOnHeap = std::size_t{32} << 20;
constexpr std::size_t kUnit = 16;  // glibc's sizes are multiples of it
constexpr std::size_t kLargestHole = std::size_t{1} << 20;

std::uintptr_t Address(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

// Memory that is never freed. (A compiler leaves out what nobody looks at.)
std::uintptr_t Take(std::size_t bytes) {
  static void* volatile taken;
  taken = std::malloc(bytes);
  return Address(taken);
}

// What is free behind `end` is for children; glibc takes of it where no hole is large enough.
void FillHolesBefore(std::uintptr_t end) {
  std::size_t left = mallinfo2().fordblks;  // none with another malloc than glibc's
  for (std::size_t bytes = kLargestHole; bytes >= kUnit;) {
    std::uintptr_t taken = 0;
    while (taken < end && left >= bytes) {
      taken = Take(bytes - sizeof(std::size_t));
      left -= bytes;
    }
    bytes -= bytes > 64 * kUnit ? bytes / 8 / kUnit * kUnit : kUnit;
  }
}

}  // namespace

void SetHeapAside() {
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(kLargestOnHeap));
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(2 * kLargestOnHeap));
  const std::uintptr_t before = Address(sbrk(0));
  std::uintptr_t end = Take(kLargestHole);
  while (end != 0 && end < before) end = Take(kLargestHole);
  FillHolesBefore(end);
  // All that there is, but for a piece of the last page: the next one is nobody's yet.
  const std::uintptr_t behind = Take(kLargestHole) + kLargestHole + kHostPage;
  const std::uintptr_t top = Address(sbrk(0));
  if (top > behind) Take(top - behind);
}

}  // namespace portcullis::loader
