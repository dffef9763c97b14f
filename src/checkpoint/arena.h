// Owns: memory for very many small things: chunks that never move and never double, taken from
// one budget, so that a hostile file cannot make the reader eat the machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

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

// How much memory the values of one pickle may take.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes) : bytes_(bytes) {}
  void Take(std::uint64_t bytes) {
    if (bytes > bytes_ - used_) throw BudgetSpent(bytes_);
    used_ += bytes;
  }
  void Grow(std::uint64_t bytes) { bytes_ += bytes; }

 private:
  std::uint64_t bytes_;
  std::uint64_t used_ = 0;
};

// A vector in chunks: elements stay where they are, growth costs one chunk.
template <typename T>
class Chunked {
 public:
  explicit Chunked(Budget& budget) : budget_(budget) {}

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::uint32_t i) { return chunks_[i >> kShift][i & kMask]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i >> kShift][i & kMask]; }
  T& back() { return (*this)[size_ - 1]; }

  std::uint32_t push_back(const T& value) {
    if ((size_ & kMask) == 0 && (size_ >> kShift) == chunks_.size()) AddChunk();
    (*this)[size_] = value;
    return size_++;
  }
  // Keeps the first `size` elements, and the memory.
  void truncate(std::uint32_t size) { size_ = std::min(size, size_); }

 private:
  void AddChunk() {
    budget_.Take(sizeof(T) << kShift);
    // The budget is far below 2^32 elements, so size_ cannot wrap.
    chunks_.push_back(std::unique_ptr<T[]>(new T[std::size_t{1} << kShift]));
  }

  static constexpr std::uint32_t kShift = 10;
  static constexpr std::uint32_t kMask = (1U << kShift) - 1;

  Budget& budget_;
  std::vector<std::unique_ptr<T[]>> chunks_;
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
      budget_.Take(left_);
      chunks_.push_back(std::unique_ptr<char[]>(new char[left_]));
      next_ = chunks_.back().get();
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
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace portcullis::checkpoint
