#include "src/checkpoint/large_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace portcullis::checkpoint {
namespace {

constexpr std::size_t kAnyPage = 64 << 10;        // a multiple of every size that small pages have
constexpr std::size_t kWorthIt = kLargePage / 2;  // of a large page, so much at least is used

// AddressSanitizer sees what goes beyond memory from the heap alone.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHeapOnly = true;  // GCC
#elif defined(__has_feature)
constexpr bool kHeapOnly = __has_feature(address_sanitizer);  // Clang
#else
constexpr bool kHeapOnly = false;
#endif

bool FromHeap(std::size_t bytes) { return kHeapOnly || bytes < kWorthIt; }

// How much of the memory is to be in large pages: what is left over at its end may not be.
std::size_t InLargePages(std::size_t bytes) {
  return (bytes + kLargePage - kWorthIt) / kLargePage * kLargePage;
}

std::size_t Mapped(std::size_t bytes) {
  return std::max(InLargePages(bytes), (bytes + kAnyPage - 1) / kAnyPage * kAnyPage);
}

}  // namespace

void* AllocateLarge(std::size_t bytes) {
  if (FromHeap(bytes)) return ::operator new(bytes);
  // One large page more than needed: from somewhere in the first on, all is aligned.
  const std::size_t mapped = Mapped(bytes);
  void* all = mmap(nullptr, mapped + kLargePage, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) throw std::bad_alloc();
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(all) % kLargePage;
  auto* memory = static_cast<std::byte*>(all) + before;
  if (before > 0) munmap(all, before);
  munmap(memory + mapped, kLargePage - before);
  madvise(memory, InLargePages(bytes), MADV_HUGEPAGE);  // a wish: it may have none
  return memory;
}

void FreeLarge(void* memory, std::size_t bytes) noexcept {
  if (FromHeap(bytes)) {
    ::operator delete(memory);
  } else {
    munmap(memory, Mapped(bytes));
  }
}

}  // namespace portcullis::checkpoint
