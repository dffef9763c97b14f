// Owns: untrusted bytes with random access. Reads only what is asked, so that a checkpoint of any
// size costs its directory and its pickles.
//
// pread and not mmap: a checkpoint that is overwritten meanwhile (by the training that writes it)
// must end in an error, not in SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/checkpoint/error.h"

namespace portcullis::checkpoint {

using Bytes = std::span<const std::uint8_t>;

class Source {
 public:
  Source(Spot origin, std::uint64_t size) : origin_(std::move(origin)), size_(size) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::uint64_t Size() const { return size_; }
  // Where byte 0 of this source is: file, member, and offset within them.
  const Spot& Origin() const { return origin_; }
  Spot SpotAt(std::uint64_t offset) const;

  // Copies `into.size()` bytes from `offset`. Throws CheckpointError if they are not all there.
  void Read(std::uint64_t offset, std::span<std::uint8_t> into) const;
  // The bytes themselves if they are in memory already, else empty.
  virtual Bytes InMemory() const { return {}; }

  // Throws CheckpointError(kDamaged) unless [offset, offset + size) lies within the source.
  void Require(std::uint64_t offset, std::uint64_t size, std::string_view what) const;
  [[noreturn]] void Damaged(std::uint64_t offset, const std::string& found,
                            const std::string& expected) const;
  [[noreturn]] void Unsupported(std::uint64_t offset, const std::string& found,
                                const std::string& expected, const std::string& next) const;

 private:
  virtual void DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const = 0;

  Spot origin_;
  std::uint64_t size_;
};

// A file. Throws CheckpointError if it cannot be opened or is not a regular file.
std::unique_ptr<Source> OpenFile(const std::filesystem::path& path);

// Bytes that outlive the source.
std::unique_ptr<Source> OverBytes(Bytes bytes, Spot origin);

// Bytes that the source keeps.
std::unique_ptr<Source> HoldBytes(std::vector<std::uint8_t> bytes, Spot origin);

// [offset, offset + size) of `whole`, which must outlive the window. `origin` is what errors name.
std::unique_ptr<Source> Window(const Source& whole, std::uint64_t offset, std::uint64_t size,
                               Spot origin);

}  // namespace portcullis::checkpoint
