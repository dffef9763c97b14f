#include "src/checkpoint/retag/zip_tail.h"

#include <algorithm>
#include <string>
#include <utility>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/retag/undo_note.h"
#include "src/checkpoint/retag/zip_records.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kReach = 0xffff;  // readers look for an end record that far back

std::string Bytes(const Source& source, std::uint64_t offset, std::uint64_t size) {
  source.Require(offset, size, "data");
  std::string text(static_cast<std::size_t>(size), '\0');
  source.Read(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

// The archive's comment without our own line.
std::string OldComment(const ZipArchive& archive) {
  constexpr std::uint64_t kCommentSizeAt = 20;
  const Source& source = archive.source();
  Cursor in(source, archive.directory().end_at + kCommentSizeAt);
  const std::uint64_t size = in.U16();
  const std::uint64_t at = in.Offset();
  if (size > in.Left()) return "";
  std::string comment = Bytes(source, at, size);
  if (size >= UndoNote::kSize && NoteAt(source, at + size - UndoNote::kSize)) {
    comment.resize(comment.size() - UndoNote::kSize);
  }
  constexpr std::uint64_t kMost = 0xffff - UndoNote::kSize;
  comment.resize(std::min<std::size_t>(comment.size(), kMost));
  return comment;
}

// So that `size` bytes behind it lie within one sector.
std::uint64_t PaddingBefore(std::uint64_t at, std::uint64_t size) {
  const std::uint64_t in_sector = at % kSector;
  return in_sector + size <= kSector ? 0 : kSector - in_sector;
}

// True if the bytes of an end record's signature stand anywhere in `source`.
bool HoldsEndSignature(const Source& source) {
  constexpr std::uint64_t kChunk = 1 << 16;
  constexpr std::string_view kSignature = "PK\x05\x06";
  for (std::uint64_t at = 0; at < source.Size(); at += kChunk) {
    const std::uint64_t size = std::min(source.Size() - at, kChunk + kSignature.size() - 1);
    if (Bytes(source, at, size).find(kSignature) != std::string::npos) return true;
  }
  return false;
}

class TailWriter {
 public:
  explicit TailWriter(const ZipArchive& archive)
      : archive_(archive), source_(archive.source()), start_(source_.Size()) {
    note_.old_size = start_;
    note_.checksum = EndChecksum(source_, start_);
    note_.kind = UndoNote::Kind::kTail;
    Add(TextSource(note_.Text()));
  }

  void AddMember(const ChangedMember& member) {
    const StoredEntry entry{member.content->Size(), start_ + size_, Checksum(*member.content)};
    Add(TextSource(LocalHeader(*member.entry, entry)));
    Add(member.content);
    const std::string record = Bytes(source_, member.entry->record_at, member.entry->record_size);
    const std::uint64_t at = member.entry->record_at - archive_.directory().offset;
    records_.push_back({at, record.size(), TextSource(DirectoryRecord(record, entry))});
  }

  ZipTail Finish() {
    const ZipDirectory& old = archive_.directory();
    const auto directory = std::make_shared<Spliced>(
        Window(source_, old.offset, old.size, source_.SpotAt(old.offset)), std::move(records_));
    EndRecords end{old.entries, directory->Size(), 0, old.zip64, OldComment(archive_)};
    const std::uint64_t most = start_ + size_ + directory->Size() + kSector;
    end.zip64 = end.zip64 || most >= 0xffffffff || old.entries >= 0xffff;
    const std::uint64_t fixed = EndRecords::FixedSize(end.zip64);
    const std::uint64_t whole = fixed + end.comment.size() + UndoNote::kSize;
    const std::uint64_t padding =
        PaddingBefore(start_ + size_ + directory->Size(), whole <= kSector ? whole : fixed);
    Add(TextSource(std::string(static_cast<std::size_t>(padding), '\0')));
    end.directory_offset = start_ + size_;
    Add(directory);
    return WithEnd(end);
  }

 private:
  void Add(SharedSource source) {
    size_ += source->Size();
    pieces_.push_back(Whole(std::move(source)));
  }

  ZipTail WithEnd(EndRecords end) {
    const std::string old_comment = end.comment;
    const std::uint64_t end_at = start_ + size_;
    const Spot spot{source_.Origin().file, "", start_};
    const bool may_mislead = HoldsEndSignature(Spliced(spot, pieces_));
    note_.kind = UndoNote::Kind::kUndo;
    end.comment = old_comment + note_.Text();
    const std::string text = end.Text();
    Add(TextSource(text));
    ZipTail tail;
    tail.end_size = text.size();
    const ZipDirectory& old = archive_.directory();
    if (may_mislead || start_ + size_ - old.end_at > kReach) {
      note_.kind = UndoNote::Kind::kKeep;
      // The old directory, and all up to these records, so that they follow it: readers that find
      // a gap before them take it for bytes before the archive (miniz after 3.0.2).
      tail.old_end = EndRecords{old.entries, end_at - old.offset, old.offset, end.zip64,
                                old_comment + note_.Text()}
                         .Text();
    }
    tail.bytes = std::make_shared<Spliced>(spot, std::move(pieces_));
    return tail;
  }

  const ZipArchive& archive_;
  const Source& source_;
  std::uint64_t start_ = 0, size_ = 0;
  UndoNote note_;
  std::vector<Spliced::Piece> pieces_;
  std::vector<Edit> records_;
};

}  // namespace

ZipTail MakeZipTail(const ZipArchive& archive, std::vector<ChangedMember> members) {
  TailWriter writer(archive);
  for (const ChangedMember& member : members) writer.AddMember(member);
  return writer.Finish();
}

}  // namespace portcullis::checkpoint
