// Owns: memory in pages of 2 MiB, for things that come by the ten thousand. A page of 4 KiB costs a
// fault of its own, which takes longer than to write what stands there: 10 MiB in such pages cost
// 4 ms, in large ones 0.2 (Linux 6.18, transparent huge pages on "madvise", as Debian has them).
#pragma once

#include <cstddef>

namespace portcullis::checkpoint {

inline constexpr std::size_t kLargePage = 2 << 20;

// Memory that is aligned for anything; what is too small for large pages comes from the heap.
// Where the kernel has no large pages it has small ones. Throws std::bad_alloc.
void* AllocateLarge(std::size_t bytes);
// `bytes` as it was allocated.
void FreeLarge(void* memory, std::size_t bytes) noexcept;

// The same for the elements of a vector.
template <typename Element>
struct LargePages {
  using value_type = Element;

  LargePages() = default;
  template <typename Other>
  explicit(false) LargePages(const LargePages<Other>&) {}

  Element* allocate(std::size_t count) {
    return static_cast<Element*>(AllocateLarge(count * sizeof(Element)));
  }
  void deallocate(Element* elements, std::size_t count) noexcept {
    FreeLarge(elements, count * sizeof(Element));
  }
  friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

}  // namespace portcullis::checkpoint
