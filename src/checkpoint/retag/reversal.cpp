#include "src/checkpoint/retag/reversal.h"

#include <algorithm>
#include <utility>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/retag/pickle_write.h"
#include "src/checkpoint/retag/undo_note.h"

namespace portcullis::checkpoint {
namespace {

// Each change is: its offset in the new file, the bytes that are there, the bytes that were there,
// those bytes themselves. Then the size of all changes, then the note.
constexpr std::uint64_t kNumber = 8;
constexpr std::uint64_t kFooter = kNumber + UndoNote::kSize;

std::string BytesAt(const Source& source, std::uint64_t offset, std::uint64_t size) {
  source.Require(offset, size, "data");
  std::string text(static_cast<std::size_t>(size), '\0');
  source.Read(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

}  // namespace

std::string Reversal(const Source& base, std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.at < b.at; });
  std::string changes;
  std::uint64_t moved = 0;  // modulo 2^64
  for (const Edit& edit : edits) {
    changes += LittleEndian(edit.at + moved, kNumber) + LittleEndian(edit.Inserted(), kNumber) +
               LittleEndian(edit.removed, kNumber) + BytesAt(base, edit.at, edit.removed);
    moved += edit.Inserted() - edit.removed;
  }
  UndoNote note{UndoNote::Kind::kEdit, base.Size(), Checksum(*TextSource(changes))};
  return changes + LittleEndian(changes.size(), kNumber) + note.Text();
}

std::shared_ptr<const Spliced> Reversed(const Source& file) {
  const auto note = NoteAtEnd(file);
  if (!note || note->kind != UndoNote::Kind::kEdit) return nullptr;
  file.Require(0, kFooter, "the way back");
  Cursor footer(file, file.Size() - kFooter);
  const std::uint64_t size = footer.U64();
  if (size > file.Size() - kFooter) file.Require(file.Size() - kFooter, size, "the way back");
  const std::uint64_t new_size = file.Size() - kFooter - size;
  const SharedSource changes = Window(file, new_size, size, file.SpotAt(new_size));
  if (Checksum(*changes) != note->checksum) {
    file.Damaged(new_size, "a way back that was changed", "the one that retag wrote");
  }
  const SharedSource now = Window(file, 0, new_size, file.SpotAt(0));
  std::vector<Edit> edits;
  Cursor in(*changes);
  while (in.Left() > 0) {
    const std::uint64_t at = in.U64();
    const std::uint64_t there = in.U64();
    const std::uint64_t was = in.U64();
    edits.push_back({at, there, Together(Window(*changes, in.Offset(), was, {}), changes)});
    in.Skip(was);
  }
  const auto before = std::make_shared<Spliced>(now, std::move(edits));
  if (before->Size() != note->old_size) {
    file.Damaged(file.Size(), "a file of another size than retag wrote", "the file as it was");
  }
  return before;
}

}  // namespace portcullis::checkpoint
