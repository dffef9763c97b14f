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

// glibc gives the end of the heap to whom no hole is large enough for.
void FillHoles(std::size_t bytes, std::uintptr_t end) {
  while (true) {
    void* memory = std::malloc(bytes);
    if (Address(memory) > end || memory == nullptr) return std::free(memory);
  }
}

}  // namespace

void SetHeapAside() {
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(kLargestOnHeap));
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(2 * kLargestOnHeap));
  const std::uintptr_t before = Address(sbrk(0));
  std::uintptr_t end = 0;
  while (end < before) end = Take(kLargestHole);
  for (std::size_t bytes = kLargestHole; bytes >= kUnit;) {
    FillHoles(bytes - sizeof(std::size_t), end);
    bytes -= bytes > 64 * kUnit ? bytes / 8 / kUnit * kUnit : kUnit;
  }
  // All that there is, but for a piece of the last page: the next one is nobody's yet.
  const std::uintptr_t behind = Take(kLargestHole) + kLargestHole + kHostPage;
  const std::uintptr_t top = Address(sbrk(0));
  if (top > behind) Take(top - behind);
}

}  // namespace portcullis::loader
