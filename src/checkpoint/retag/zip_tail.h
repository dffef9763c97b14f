// Owns: what is written behind a zip archive to change some of its members: a line that says what
// it is, the new members, a new directory, new end records. The old archive stays as it is, and
// cutting the file to its size undoes the change.
#pragma once

#include <string>
#include <vector>

#include "src/checkpoint/retag/splice.h"
#include "src/checkpoint/zip.h"

namespace portcullis::checkpoint {

struct ChangedMember {
  const ZipEntry* entry = nullptr;
  SharedSource content;
};

struct ZipTail {
  SharedSource bytes;
  // The last bytes of it, the end records and the way back: they make the change take effect, so
  // they are written last, in one go. They lie within one sector of 512 bytes, unless the archive
  // has a long comment of its own; the records themselves always do.
  std::uint64_t end_size = 0;
  // End records of the same size that say what the old ones say. While the tail is written they
  // stand where the new ones will. Empty if the old end records stay the last ones, and within
  // reach of readers, which search the last 65,557 bytes.
  std::string old_end;
};

// `archive` reads the bytes that the tail will follow. Members are stored, not deflated.
ZipTail MakeZipTail(const ZipArchive& archive, std::vector<ChangedMember> members);

}  // namespace portcullis::checkpoint
