// Owns: the directory of a zip archive, found and read as PyTorch's own reader does (miniz 3.0.2 in
// PyTorch 2.11, caffe2/serialize/inline_container.cc), and reading single members.
//
// What that reader does, seen by loading altered checkpoints with PyTorch 2.11: the last end record
// in the final 65,557 bytes counts, whatever follows it; checksums are not compared; names are
// found without regard to case; the first entry's folder is the archive's name; local headers
// give only the place of the data; bytes before the archive are refused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/arena.h"
#include "src/checkpoint/name_index.h"
#include "src/checkpoint/source.h"
#include "src/checkpoint/zip_name.h"

namespace portcullis::checkpoint {

// One entry of the central directory.
struct ZipEntry {
  std::string_view name;  // whole: "model/data.pkl"
  std::uint64_t header_offset = 0;
  std::uint64_t stored_size = 0;  // in the archive
  std::uint64_t size = 0;         // after inflating
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint32_t record_size = 0;  // of the directory's record, in the archive
  std::uint64_t record_at = 0;
  bool Deflated() const { return method == 8; }
};

// Where an archive's directory and its end records are.
struct ZipDirectory {
  std::uint64_t offset = 0, size = 0;
  std::uint64_t entries = 0;
  std::uint64_t end_at = 0;  // of the end record
  bool zip64 = false;        // the end record has a zip64 end record before it
};

class ZipArchive {
 public:
  // Reads the directory. `source` must outlive the archive.
  explicit ZipArchive(const Source& source);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  // The folder all entries are in, with its slash: "model/". Empty if the first entry is in none.
  const std::string& prefix() const { return prefix_; }
  const Source& source() const { return source_; }
  const ZipDirectory& directory() const { return directory_; }

  // The entry that PyTorch takes for prefix() + name, or null.
  const ZipEntry* Find(std::string_view name) const;
  // The same for a whole name, with its folder.
  const ZipEntry* FindWhole(std::string_view name) const;
  // The same, or CheckpointError(kDamaged).
  const ZipEntry& Require(std::string_view name) const;
  const ZipEntry& RequireWhole(std::string_view name) const;

  // Offset of the entry's first stored byte. Reads its local header.
  std::uint64_t DataOffset(const ZipEntry& entry) const;

  // The entry's bytes: a window for stored entries; inflated, within limits, for deflated ones.
  std::unique_ptr<Source> Open(const ZipEntry& entry) const;

  // Names that occur more than once, without regard to case; the first of each.
  const std::map<std::string_view, std::uint32_t>& duplicates() const { return duplicates_; }

  // "MEMBER" or "OUTER!MEMBER": how tags and errors name the entry.
  std::string MemberName(std::string_view entry_name) const;

 private:
  void ReadEntries(std::uint64_t offset, std::uint64_t size, std::uint64_t count,
                   std::uint64_t end_at);
  void RefuseIfMoved(std::uint64_t offset, std::uint64_t size, std::uint64_t end_at) const;
  void IndexNames();

  // Without regard to case, as PyTorch's reader finds entries.
  struct ZipNames {
    static std::size_t Hash(std::string_view name) { return HashName(name); }
    static bool Same(std::string_view a, std::string_view b) { return SameName(a, b); }
  };
  std::string_view NameOf(std::uint32_t index) const { return entries_[index].name; }

  const Source& source_;
  ZipDirectory directory_;
  Budget budget_;
  TextArena names_;  // what the entries' names point into
  std::vector<ZipEntry> entries_;
  NameIndex<ZipNames> by_name_;
  std::map<std::string_view, std::uint32_t> duplicates_;  // the entry that PyTorch takes of them
  std::string prefix_;
};

// Offset of the end record that PyTorch's reader takes, or none if this is no zip archive.
std::optional<std::uint64_t> FindZipEnd(const Source& source);

}  // namespace portcullis::checkpoint
