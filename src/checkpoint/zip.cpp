#include "src/checkpoint/zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/inflate.h"
#include "src/checkpoint/zip_choice.h"

namespace portcullis::checkpoint {
namespace {

// Record signatures and sizes: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::string_view kEndRecord = "PK\x05\x06";
constexpr std::uint32_t kEndRecord64 = 0x06064b50;
constexpr std::uint32_t kEndLocator64 = 0x07064b50;
constexpr std::uint64_t kLocalHeaderSize = 30;
constexpr std::uint64_t kDirectoryEntrySize = 46;
constexpr std::uint64_t kEndRecordSize = 22;
constexpr std::uint64_t kEndRecord64Size = 56;
constexpr std::uint64_t kEndLocator64Size = 20;
constexpr std::uint64_t kLongestComment = 0xffff;
constexpr std::uint64_t kNamesAlways = 1 << 20;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint32_t kIn64 = 0xffffffff;   // "see the zip64 extra field"
constexpr std::uint16_t kEncrypted = 0x2041;  // bits 0, 6 and 13

struct EndOfArchive {
  std::uint64_t entries_here = 0, entries = 0, size = 0, offset = 0;
  std::uint32_t disk = 0, directory_disk = 0;
};

EndOfArchive ReadEnd(const Source& source, std::uint64_t at) {
  Cursor in(source, at + 4);
  EndOfArchive end;
  end.disk = in.U16();
  end.directory_disk = in.U16();
  end.entries_here = in.U16();
  end.entries = in.U16();
  end.size = in.U32();
  end.offset = in.U32();
  return end;
}

// The zip64 end record, if the end record at `at` has one. It then replaces the other.
std::optional<EndOfArchive> ReadEnd64(const Source& source, std::uint64_t at) {
  if (at < kEndLocator64Size + kEndRecord64Size) return {};
  Cursor in(source, at - kEndLocator64Size);
  if (in.U32() != kEndLocator64) return {};
  in.Skip(4);
  const std::uint64_t record = in.U64();
  source.Require(record, kEndRecord64Size, "a zip64 end record");
  in.Seek(record);
  if (in.U32() != kEndRecord64) return {};
  in.Skip(8 + 2 + 2);
  EndOfArchive end;
  end.disk = in.U32();
  end.directory_disk = in.U32();
  end.entries_here = in.U64();
  end.entries = in.U64();
  end.size = in.U64();
  end.offset = in.U64();
  return end;
}

void RequireSane(const Source& source, std::uint64_t at, const EndOfArchive& end) {
  const bool one_disk =
      (end.disk | end.directory_disk) == 0 || (end.disk == 1 && end.directory_disk == 1);
  if (!one_disk || end.entries_here != end.entries) {
    source.Damaged(at, "an archive over several disks", "one archive");
  }
  source.Require(end.offset, end.size, "central directory");
  if (end.entries > end.size / kDirectoryEntrySize) {
    source.Damaged(at, fmt::format("{} entries in a directory of {} bytes", end.entries, end.size),
                   fmt::format("at least {} bytes each", kDirectoryEntrySize));
  }
}

// Takes what the fixed fields left to the zip64 extra field.
void ReadExtra(Cursor& in, std::uint64_t size, ZipEntry& entry) {
  const std::uint64_t end = in.Offset() + size;
  while (end - in.Offset() >= 4) {
    const std::uint16_t id = in.U16();
    const std::uint64_t length = in.U16();
    if (length > end - in.Offset()) break;  // PyTorch pads with such things; they are not read
    const std::uint64_t next = in.Offset() + length;
    if (id == kZip64Extra) {
      for (std::uint64_t* field : {&entry.size, &entry.stored_size, &entry.header_offset}) {
        if (*field != kIn64) continue;
        if (next - in.Offset() < 8) {
          in.source().Damaged(in.Offset(), "a zip64 extra field that is too short", "8 bytes more");
        }
        *field = in.U64();
      }
    }
    in.Skip(next - in.Offset());
  }
  in.Skip(end - in.Offset());
}

void RequireSane(const Source& source, std::uint64_t at, const ZipEntry& entry) {
  if (entry.method == 0 && entry.size != entry.stored_size) {
    source.Damaged(at,
                   fmt::format("a stored entry of {} bytes in {}", entry.size, entry.stored_size),
                   "equal sizes");
  }
  source.Require(entry.header_offset, kLocalHeaderSize, "local header");
  source.Require(entry.header_offset + kLocalHeaderSize, entry.stored_size, "entry data");
}

}  // namespace

std::optional<std::uint64_t> FindZipEnd(const Source& source) {
  if (source.Size() < kEndRecordSize) return {};
  const std::uint64_t last = source.Size() - kEndRecordSize;
  const std::uint64_t first = last - std::min(last, kLongestComment);
  // The first look reaches back 1 KiB: where there is no comment, that is one small read.
  for (std::uint64_t reach = 1024;; reach = kLongestComment) {
    const std::uint64_t from = last - std::min(last - first, reach);
    std::vector<std::uint8_t> tail(static_cast<std::size_t>(source.Size() - from));
    source.Read(from, tail);
    for (std::uint64_t at = last + 1; at-- > from;) {
      const std::uint8_t* p = tail.data() + (at - from);
      if (std::equal(kEndRecord.begin(), kEndRecord.end(), p)) return at;
    }
    if (from == first) return {};
  }
}

ZipArchive::ZipArchive(const Source& source)
    : source_(source), budget_(2 * source.Size() + kNamesAlways), names_(budget_) {
  const std::optional<std::uint64_t> at = FindZipEnd(source);
  if (!at) {
    source.Damaged(source.Size(), "no end record in the last 65,557 bytes",
                   "the directory of a zip archive at its end");
  }
  const std::optional<EndOfArchive> end64 = ReadEnd64(source, *at);
  const EndOfArchive end = end64 ? *end64 : ReadEnd(source, *at);
  RequireSane(source, *at, end);
  directory_ = {end.offset, end.size, end.entries, *at, end64.has_value()};
  ReadEntries(end.offset, end.size, end.entries, *at);
  if (entries_.empty()) source.Damaged(*at, "an archive without entries", "the entries of a model");
  const std::string_view first = entries_.front().name;
  const std::size_t slash = first.find('/');
  if (slash != std::string_view::npos) prefix_ = first.substr(0, slash + 1);
  IndexNames();
}

// The directory is right before the end records, but not where they say it is.
void ZipArchive::RefuseIfMoved(std::uint64_t offset, std::uint64_t size,
                               std::uint64_t end_at) const {
  for (const std::uint64_t records : {std::uint64_t{0}, kEndRecord64Size + kEndLocator64Size}) {
    if (end_at < size + records) return;
    const std::uint64_t actual = end_at - size - records;
    if (actual == offset) continue;
    Cursor in(source_, actual);
    if (in.Left() < 4 || in.U32() != kDirectoryEntry) continue;
    source_.Unsupported(offset,
                        fmt::format("an archive moved by {} bytes from where it was written",
                                    static_cast<std::int64_t>(actual - offset)),
                        "one that begins at the file's first byte, as PyTorch reads it",
                        "cut it out of the file; of a distributed checkpoint name the directory");
  }
}

void ZipArchive::ReadEntries(std::uint64_t offset, std::uint64_t size, std::uint64_t count,
                             std::uint64_t end_at) {
  const auto directory = Window(source_, offset, size, source_.SpotAt(offset));
  Cursor in(*directory);
  entries_.reserve(
      static_cast<std::size_t>(count));  // RequireSane: the directory has room for them
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = in.Offset();
    const auto fixed = in.Fields<kDirectoryEntrySize>();
    if (const std::uint32_t found = fixed.U32<0>(); found != kDirectoryEntry) {
      if (i == 0) RefuseIfMoved(offset, size, end_at);
      directory->Damaged(at, fmt::format("{:#010x}", found), "a directory entry (0x02014b50)");
    }
    ZipEntry entry;
    entry.flags = fixed.U16<8>();
    entry.method = fixed.U16<10>();
    entry.stored_size = fixed.U32<20>();  // the checksum before it PyTorch does not compare either
    entry.size = fixed.U32<24>();
    entry.header_offset = fixed.U32<42>();
    const std::uint16_t name_size = fixed.U16<28>();
    const std::uint16_t extra_size = fixed.U16<30>();
    const std::uint16_t comment_size = fixed.U16<32>();
    entry.name = names_.Keep(in.Text(name_size));
    ReadExtra(in, extra_size, entry);
    in.Skip(comment_size);
    entry.record_at = offset + at;
    entry.record_size = static_cast<std::uint32_t>(in.Offset() - at);
    RequireSane(source_, offset + at, entry);
    entries_.push_back(entry);
  }
}

void ZipArchive::IndexNames() {
  const auto name_of = [this](std::uint32_t index) { return NameOf(index); };
  by_name_.Reserve(entries_.size(), name_of);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const std::uint32_t first = by_name_.FindOrAdd(entries_[i].name, i, name_of);
    if (first != i) duplicates_.emplace(entries_[first].name, first);
  }
  if (duplicates_.empty()) return;
  std::vector<std::string_view> names;
  names.reserve(entries_.size());
  for (const ZipEntry& entry : entries_) names.push_back(entry.name);
  const ZipChoice choice(names);
  for (auto& [name, taken] : duplicates_) taken = choice.Of(name);
}

const ZipEntry* ZipArchive::FindWhole(std::string_view name) const {
  const std::uint32_t found =
      by_name_.Find(name, [this](std::uint32_t index) { return NameOf(index); });
  if (found == kNotIndexed) return nullptr;
  const auto several = duplicates_.find(entries_[found].name);
  return &entries_[several == duplicates_.end() ? found : several->second];
}

const ZipEntry* ZipArchive::Find(std::string_view name) const {
  std::string whole;
  whole.reserve(prefix_.size() + name.size());
  return FindWhole(whole.append(prefix_).append(name));
}

const ZipEntry& ZipArchive::RequireWhole(std::string_view name) const {
  const ZipEntry* entry = FindWhole(name);
  if (entry == nullptr) {
    source_.Damaged(source_.Size(), "no such entry in the archive's directory",
                    fmt::format("the entry {}", name));
  }
  return *entry;
}

const ZipEntry& ZipArchive::Require(std::string_view name) const {
  return RequireWhole(std::string(prefix_).append(name));
}

std::uint64_t ZipArchive::DataOffset(const ZipEntry& entry) const {
  Cursor in(source_, entry.header_offset);
  if (const std::uint32_t found = in.U32(); found != kLocalHeader) {
    source_.Damaged(entry.header_offset, fmt::format("{:#010x}", found),
                    fmt::format("the local header (0x04034b50) of {}", entry.name));
  }
  in.Skip(22);
  const std::uint64_t name_size = in.U16();
  const std::uint64_t extra_size = in.U16();
  const std::uint64_t data = entry.header_offset + kLocalHeaderSize + name_size + extra_size;
  source_.Require(data, entry.stored_size, fmt::format("the entry {}", entry.name));
  return data;
}

std::unique_ptr<Source> ZipArchive::Open(const ZipEntry& entry) const {
  const Spot origin{source_.Origin().file, MemberName(entry.name), 0};
  auto stored = Window(source_, DataOffset(entry), entry.stored_size, origin);
  if ((entry.flags & kEncrypted) != 0) {
    stored->Unsupported(0, "an encrypted entry", "a plain one", "decrypt the archive first");
  }
  if (entry.method == 0) return stored;
  if (entry.Deflated()) return HoldBytes(Inflate(*stored, entry.size), origin);
  stored->Unsupported(0, fmt::format("compression method {}", entry.method),
                      "stored (0) or deflated (8)", "store the entries, as torch.save does");
}

std::string ZipArchive::MemberName(std::string_view entry_name) const {
  const std::string& outer = source_.Origin().member;
  return outer.empty() ? std::string(entry_name) : fmt::format("{}!{}", outer, entry_name);
}

}  // namespace portcullis::checkpoint
