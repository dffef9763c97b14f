#include "src/checkpoint/arena.h"

#include <sys/mman.h>
#include <unistd.h>

namespace portcullis::checkpoint {
namespace {

constexpr std::size_t kBlock = 256 << 10;
constexpr std::uint64_t kSmall = 512 << 10;  // what most checkpoints need, and do not fill

// Under AddressSanitizer each piece of memory is a block, so that it sees what goes beyond one.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kShareBlocks = false;  // GCC
#elif defined(__has_feature)
constexpr bool kShareBlocks = !__has_feature(address_sanitizer);  // Clang
#else
constexpr bool kShareBlocks = true;
#endif

}  // namespace

void Populate(std::span<std::byte> memory) {
#if defined(MADV_POPULATE_WRITE)
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t end = (begin + memory.size()) / page * page;
  // A kernel before 5.14 does not know it, and gives pages as they are written.
  if (first < end) madvise(memory.data() + (first - begin), end - first, MADV_POPULATE_WRITE);
#endif
}

void Budget::AddBlock(std::size_t at_least) {
  left_ = kShareBlocks ? std::max(kBlock, at_least) : at_least;
  blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(left_));
  next_ = blocks_.back().get();
  if (used_ > kSmall) Populate({next_, left_});
}

}  // namespace portcullis::checkpoint
