// Owns: writing the records of a zip archive (APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16).
#pragma once

#include <cstdint>
#include <string>

#include "src/checkpoint/zip.h"

namespace portcullis::checkpoint {

// A stored entry as it will be.
struct StoredEntry {
  std::uint64_t size = 0, header_offset = 0;
  std::uint32_t checksum = 0;
};

std::string LocalHeader(const ZipEntry& like, const StoredEntry& entry);

// `record` is the entry's record in the old directory: what it says of the entry beside place,
// size and method stays.
std::string DirectoryRecord(const std::string& record, const StoredEntry& entry);

struct EndRecords {
  std::uint64_t entries = 0, directory_size = 0, directory_offset = 0;
  bool zip64 = false;
  std::string comment;
  std::string Text() const;
  // The part of Text() that says where the directory is.
  static std::uint64_t FixedSize(bool zip64);
};

}  // namespace portcullis::checkpoint
