#include "src/checkpoint/bytes.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kFirstChunk = 1 << 12;  // most files have small pickles
constexpr std::uint64_t kLargestChunk = 1 << 17;

}  // namespace

Cursor::Cursor(const Source& source, std::uint64_t offset) : source_(source) {
  loaded_ = source.InMemory();
  Seek(offset);
}

void Cursor::Seek(std::uint64_t offset) {
  source_.Require(offset, 0, "data");
  if (!source_.InMemory().empty()) {
    at_ = static_cast<std::size_t>(offset);
  } else if (offset >= loaded_at_ && offset - loaded_at_ <= loaded_.size()) {
    at_ = static_cast<std::size_t>(offset - loaded_at_);
  } else {
    loaded_ = {};
    loaded_at_ = offset;
    at_ = 0;
  }
}

void Cursor::Load(std::uint64_t size) {
  if (loaded_.size() - at_ >= size) return;
  const std::uint64_t offset = Offset();
  source_.Require(offset, size, "data");
  const std::uint64_t grown =
      std::clamp(2 * std::uint64_t{buffer_.size()}, kFirstChunk, kLargestChunk);
  const std::uint64_t wanted = std::min(std::max(size, grown), source_.Size() - offset);
  if (buffer_.size() < wanted) buffer_.resize(static_cast<std::size_t>(wanted));
  const std::span<std::uint8_t> into(buffer_.data(), static_cast<std::size_t>(wanted));
  source_.Read(offset, into);
  loaded_ = into;
  loaded_at_ = offset;
  at_ = 0;
}

void Cursor::LoadText(std::uint64_t size) {
  if (size > kLongestText) {
    source_.Require(Offset(), size, "text");
    source_.Unsupported(Offset(), "a name of " + std::to_string(size) + " bytes",
                        "at most " + std::to_string(kLongestText),
                        "look at the file by hand: no program writes such names");
  }
  Load(size);
}

std::string_view Cursor::Line() {
  for (std::uint64_t window = 256;; window *= 2) {
    const std::uint64_t look = std::min({window, Left(), kLongestText});
    Load(look);
    const std::uint8_t* start = loaded_.data() + at_;
    const void* end =
        look == 0 ? nullptr : std::memchr(start, '\n', static_cast<std::size_t>(look));
    if (end != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - start);
      at_ += length + 1;
      return {reinterpret_cast<const char*>(start), length};
    }
    if (look == Left() || look == kLongestText) {
      source_.Damaged(Offset(), "no end of line within " + std::to_string(look) + " bytes",
                      "a line of text");
    }
  }
}

void Cursor::SkipFar(std::uint64_t size) {
  source_.Require(Offset(), size, "data");
  Seek(Offset() + size);
}

}  // namespace portcullis::checkpoint
