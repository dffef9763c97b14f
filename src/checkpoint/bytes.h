// Owns: reading untrusted bytes in order, every read checked against what is left. All raw reads
// of the reader go through a Cursor (or through Source::Read, which checks likewise).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

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
  std::uint16_t U16() { return static_cast<std::uint16_t>(Little<2>()); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Little<4>()); }
  std::uint64_t U64() { return Little<8>(); }

  // The next `size` bytes (at most kLongestText of them), valid until the next read.
  std::string_view Text(std::uint64_t size);
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
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= std::uint64_t{loaded_[at_ + i]} << (8 * i);
    at_ += size;
    return value;
  }
  void SkipFar(std::uint64_t size);
  // Makes at least `size` bytes available at at_. Throws CheckpointError if there are fewer.
  void Load(std::uint64_t size);

  const Source& source_;
  std::vector<std::uint8_t> buffer_;  // unused for a source in memory
  Bytes loaded_;                      // bytes [loaded_at_, loaded_at_ + loaded_.size())
  std::uint64_t loaded_at_ = 0;
  std::size_t at_ = 0;  // within loaded_
};

}  // namespace portcullis::checkpoint
