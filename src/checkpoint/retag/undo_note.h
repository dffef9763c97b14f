// Owns: the line that a retagged file ends in, which says how to get the old bytes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

// "portcullis-retag undo 0000000000001a2b 01234567\n": a kind, the old size, a checksum.
struct UndoNote {
  enum class Kind {
    kUndo,  // the old bytes come first: cut the file to the old size
    kKeep,  // the same, in a file whose retagging was not finished: it still reads as the old one
    kTail,  // stands where the old bytes end
    kEdit,  // the file was rewritten; how to reverse it stands before this line (reversal.h)
  };
  Kind kind = Kind::kUndo;
  std::uint64_t old_size = 0;
  std::uint32_t checksum = 0;  // kUndo, kKeep, kTail: of the old file's end; kEdit: of the reversal

  static constexpr std::uint64_t kSize = 48;
  std::string Text() const;
};

// The note in the kSize bytes at `offset`, if one is there.
std::optional<UndoNote> NoteAt(const Source& source, std::uint64_t offset);
// The same, in the last kSize bytes.
std::optional<UndoNote> NoteAtEnd(const Source& source);

// CRC-32 of all bytes of a source, and of the last 4 KiB of [0, size) of one.
std::uint32_t Checksum(const Source& source);
std::uint32_t EndChecksum(const Source& source, std::uint64_t size);

}  // namespace portcullis::checkpoint
