#include "src/checkpoint/retag/zip_records.h"

#include <algorithm>
#include <string_view>

#include "src/checkpoint/retag/pickle_write.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kIn64 = 0xffffffff;
constexpr std::uint64_t kManyEntries = 0xffff;
constexpr std::uint16_t kZip64Extra = 1;
constexpr unsigned kVersionOf64 = 45;
constexpr std::uint64_t kKeptFlags = 0x800;  // names are UTF-8; sizes stand in the header

std::uint64_t Number(std::string_view record, std::size_t at, unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(record[at + i])} << (8 * i);
  }
  return value;
}

std::string In32(std::uint64_t value) { return LittleEndian(std::min(value, kIn64), 4); }

// An extra field without its zip64 part.
std::string OtherExtra(std::string_view extra) {
  std::string kept;
  while (extra.size() >= 4) {
    const std::size_t size = 4 + Number(extra, 2, 2);
    if (size > extra.size()) break;
    if (Number(extra, 0, 2) != kZip64Extra) kept += extra.substr(0, size);
    extra.remove_prefix(size);
  }
  return kept;
}

std::string Extra64(std::initializer_list<std::uint64_t> values) {
  std::string fields;
  for (const std::uint64_t value : values) {
    if (value >= kIn64) fields += LittleEndian(value, 8);
  }
  if (fields.empty()) return "";
  return LittleEndian(kZip64Extra, 2) + LittleEndian(fields.size(), 2) + fields;
}

}  // namespace

std::string LocalHeader(const ZipEntry& like, const StoredEntry& entry) {
  const std::uint64_t flags = like.flags & kKeptFlags;
  // Both sizes or none: APPNOTE 4.5.3.
  const bool large = entry.size >= kIn64;
  const std::string extra = large ? Extra64({entry.size, entry.size}) : "";
  return "PK\x03\x04" + LittleEndian(large ? kVersionOf64 : 20, 2) + LittleEndian(flags, 2) +
         LittleEndian(0, 2) + LittleEndian(0, 4) + LittleEndian(entry.checksum, 4) +
         In32(entry.size) + In32(entry.size) + LittleEndian(like.name.size(), 2) +
         LittleEndian(extra.size(), 2) + std::string(like.name) + extra;
}

std::string DirectoryRecord(const std::string& record, const StoredEntry& entry) {
  constexpr std::size_t kFixed = 46;
  const std::size_t name_size = Number(record, 28, 2);
  const std::size_t extra_size = Number(record, 30, 2);
  const std::string_view whole(record);
  const std::string extra64 = Extra64({entry.size, entry.size, entry.header_offset});
  const std::string extra = extra64 + OtherExtra(whole.substr(kFixed + name_size, extra_size));
  const std::uint64_t version = Number(record, 6, 2);
  const std::uint64_t flags = Number(record, 8, 2) & kKeptFlags;
  std::string text = record.substr(0, 6);
  text +=
      LittleEndian(extra64.empty() ? version : std::max<std::uint64_t>(version, kVersionOf64), 2);
  text += LittleEndian(flags, 2) + LittleEndian(0, 2);  // stored
  text += record.substr(12, 4);                         // time and date
  text += LittleEndian(entry.checksum, 4) + In32(entry.size) + In32(entry.size);
  text += record.substr(28, 2) + LittleEndian(extra.size(), 2);
  text += record.substr(32, 10);  // comment, disk, attributes
  text += In32(entry.header_offset);
  text += whole.substr(kFixed, name_size);
  text += extra;
  text += whole.substr(kFixed + name_size + extra_size);
  return text;
}

std::string EndRecords::Text() const {
  std::string text;
  if (zip64) {
    const std::uint64_t at = directory_offset + directory_size;
    text += "PK\x06\x06" + LittleEndian(44, 8) + LittleEndian(kVersionOf64, 2) +
            LittleEndian(kVersionOf64, 2) + LittleEndian(0, 4 + 4) + LittleEndian(entries, 8) +
            LittleEndian(entries, 8) + LittleEndian(directory_size, 8) +
            LittleEndian(directory_offset, 8);
    text += "PK\x06\x07" + LittleEndian(0, 4) + LittleEndian(at, 8) + LittleEndian(1, 4);
  }
  const std::uint64_t few = std::min(entries, kManyEntries);
  text += "PK\x05\x06" + LittleEndian(0, 2 + 2) + LittleEndian(few, 2) + LittleEndian(few, 2) +
          In32(directory_size) + In32(directory_offset) + LittleEndian(comment.size(), 2) + comment;
  return text;
}

std::uint64_t EndRecords::FixedSize(bool zip64) { return zip64 ? 56 + 20 + 22 : 22; }

}  // namespace portcullis::checkpoint
