// Owns: reading untrusted bytes in order, every read checked against what is left. All raw reads
// of the reader go through a Cursor (or through Source::Read, which checks likewise).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

// The little-endian number that `size` bytes at `from` are.
template <unsigned size>
std::uint64_t LittleEndian(const std::uint8_t* from) {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, from, size);
  } else {
    for (unsigned i = 0; i < size; ++i) value |= std::uint64_t{from[i]} << (8 * i);
  }
  return value;
}

// A record of `size` bytes, all of which are there. Its fields are checked when it is compiled.
template <std::size_t size>
class Record {
 public:
  explicit Record(const std::uint8_t* bytes) : bytes_(bytes) {}
  template <std::size_t at>
  std::uint16_t U16() const {
    return static_cast<std::uint16_t>(Field<at, 2>());
  }
  template <std::size_t at>
  std::uint32_t U32() const {
    return static_cast<std::uint32_t>(Field<at, 4>());
  }

 private:
  template <std::size_t at, unsigned width>
  std::uint64_t Field() const {
    static_assert(at + width <= size);
    return LittleEndian<width>(bytes_ + at);
  }
  const std::uint8_t* bytes_;
};

// Reads a source from front to back through a small buffer. Never allocates by a claimed length.
// Multi-byte numbers are little-endian, as zip, pickle and safetensors write them.
class Cursor {
 public:
  explicit Cursor(const Source& source, std::uint64_t offset = 0);

  const Source& source() const { return source_; }
  std::uint64_t Offset() const { return loaded_at_ + at_; }
  std::uint64_t Left() const { return source_.Size() - Offset(); }

  std::uint8_t U8() {
    if (at_ == loaded_.size()) Load(1);
    return loaded_[at_++];
  }
  // The next byte, which stays the next; 0 at the end.
  std::uint8_t Peek() {
    if (Left() == 0) return 0;
    if (at_ == loaded_.size()) Load(1);
    return loaded_[at_];
  }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Little<2>()); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Little<4>()); }
  std::uint64_t U64() { return Little<8>(); }

  // The next `size` bytes (at most kLongestText of them), valid until the next read.
  std::string_view Text(std::uint64_t size) {
    if (size > kLongestText || size > loaded_.size() - at_) LoadText(size);
    const auto* start = reinterpret_cast<const char*>(loaded_.data() + at_);
    at_ += static_cast<std::size_t>(size);
    return {start, static_cast<std::size_t>(size)};
  }
  // The next bytes as a record, valid until the next read.
  template <std::size_t size>
  Record<size> Fields() {
    if (loaded_.size() - at_ < size) Load(size);
    at_ += size;
    return Record<size>(loaded_.data() + (at_ - size));
  }
  // Bytes up to the next newline, which is consumed and not returned. Valid until the next read.
  std::string_view Line();
  void Skip(std::uint64_t size) {
    if (size > loaded_.size() - at_) return SkipFar(size);
    at_ += static_cast<std::size_t>(size);
  }
  void Seek(std::uint64_t offset);

  static constexpr std::uint64_t kLongestText = 1 << 16;

 private:
  template <unsigned size>
  std::uint64_t Little() {
    if (loaded_.size() - at_ < size) Load(size);
    at_ += size;
    return LittleEndian<size>(loaded_.data() + (at_ - size));
  }
  void SkipFar(std::uint64_t size);
  // Load(), or CheckpointError if that is too much for a text.
  void LoadText(std::uint64_t size);
  // Makes at least `size` bytes available at at_. Throws CheckpointError if there are fewer.
  void Load(std::uint64_t size);

  const Source& source_;
  std::vector<std::uint8_t> buffer_;  // unused for a source in memory
  Bytes loaded_;                      // bytes [loaded_at_, loaded_at_ + loaded_.size())
  std::uint64_t loaded_at_ = 0;
  std::size_t at_ = 0;  // within loaded_
};

}  // namespace portcullis::checkpoint
