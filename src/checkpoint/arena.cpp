#include "src/checkpoint/arena.h"

#include <algorithm>

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

void Budget::AddBlock(std::size_t at_least) {
  const std::size_t usual = used_ > kSmall ? kLargePage : kBlock;
  left_ = kShareBlocks ? std::max(usual, at_least) : at_least;
  next_ = static_cast<std::byte*>(AllocateLarge(left_));
  blocks_.emplace_back(next_, FreeBlock{left_});
}

}  // namespace portcullis::checkpoint
