// Owns: memory for very many small things: chunks that never move and never double, taken from
// one budget, so that a hostile file cannot make the reader eat the machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/checkpoint/large_pages.h"

namespace portcullis::checkpoint {

// The budget is spent. Those who know what was being read turn it into a CheckpointError.
class BudgetSpent : public std::runtime_error {
 public:
  explicit BudgetSpent(std::uint64_t limit)
      : std::runtime_error("memory budget spent"), limit_(limit) {}
  std::uint64_t limit() const { return limit_; }

 private:
  std::uint64_t limit_;
};

// How much memory the values of one pickle may take, and that memory, which lasts as long.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes) : bytes_(bytes) {}
  void Take(std::uint64_t bytes) {
    if (bytes > bytes_ - used_) throw BudgetSpent(bytes_);
    used_ += bytes;
  }
  void Grow(std::uint64_t bytes) { bytes_ += bytes; }

  // Takes memory, aligned for anything.
  std::byte* Allocate(std::size_t bytes) {
    Take(bytes);
    bytes += -bytes % alignof(std::max_align_t);
    if (bytes > left_) AddBlock(bytes);
    left_ -= bytes;
    return std::exchange(next_, next_ + bytes);
  }

 private:
  struct FreeBlock {
    std::size_t bytes;
    void operator()(std::byte* block) const { FreeLarge(block, bytes); }
  };
  void AddBlock(std::size_t at_least);

  std::uint64_t bytes_;
  std::uint64_t used_ = 0;
  std::vector<std::unique_ptr<std::byte, FreeBlock>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

// A vector in chunks: elements stay where they are, growth costs one chunk.
template <typename T>
class Chunked {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit Chunked(Budget& budget) : budget_(budget) {}

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::uint32_t i) { return chunks_[i >> kShift][i & kMask]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i >> kShift][i & kMask]; }
  T& back() { return last_[(size_ - 1) & kMask]; }
  const T& back() const { return last_[(size_ - 1) & kMask]; }

  std::uint32_t push_back(const T& value) {
    const std::uint32_t at = size_ & kMask;
    if (at == 0) StartChunk();
    std::construct_at(last_ + at, value);
    return size_++;
  }
  // Like truncate(), keeps the memory.
  void pop_back() {
    --size_;
    if ((size_ & kMask) == 0) FindLast();
  }
  // Keeps the first `size` elements, and the memory.
  void truncate(std::uint32_t size) {
    size_ = std::min(size, size_);
    FindLast();
  }

 private:
  void StartChunk() {
    const std::uint32_t chunk = size_ >> kShift;
    if (chunk == chunks_.size()) {
      // The budget is far below 2^32 elements, so size_ cannot wrap.
      chunks_.push_back(reinterpret_cast<T*>(budget_.Allocate(sizeof(T) << kShift)));
    }
    last_ = chunks_[chunk];
  }
  void FindLast() { last_ = size_ == 0 ? nullptr : chunks_[(size_ - 1) >> kShift]; }

  static constexpr std::uint32_t kShift = 10;
  static constexpr std::uint32_t kMask = (1U << kShift) - 1;

  Budget& budget_;
  std::vector<T*> chunks_;
  T* last_ = nullptr;  // the chunk of the last element
  std::uint32_t size_ = 0;
};

// Copies of strings, one behind the other.
class TextArena {
 public:
  explicit TextArena(Budget& budget) : budget_(budget) {}

  std::string_view Keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) {
      left_ = std::max(kChunk, text.size());
      next_ = reinterpret_cast<char*>(budget_.Allocate(left_));
    }
    std::memcpy(next_, text.data(), text.size());
    const std::string_view kept(next_, text.size());
    next_ += text.size();
    left_ -= text.size();
    return kept;
  }

 private:
  static constexpr std::size_t kChunk = 1 << 14;

  Budget& budget_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace portcullis::checkpoint
