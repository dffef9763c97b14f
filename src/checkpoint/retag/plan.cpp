#include "src/checkpoint/retag/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/error.h"
#include "src/base/quote.h"
#include "src/checkpoint/bytes.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/printable.h"
#include "src/checkpoint/retag/format_edits.h"
#include "src/checkpoint/retag/reversal.h"
#include "src/checkpoint/retag/undo_note.h"
#include "src/checkpoint/retag/verify.h"

namespace portcullis::checkpoint {
namespace {

std::string ReasonToKeep(const DeviceTag& tag) {
  switch (tag.place) {
    case Place::kCodeLiteral:
      return "a literal in code, which --code changes";
    case Place::kDeviceObject:
      return "a torch.device stored as data: loading does not use it";
    default:
      return "a value that reads like a device";
  }
}

void ListTags(const DeviceMap& map, const RetagWish& wish, RetagPlan& plan) {
  for (const DeviceTag& tag : map.tags) {
    const std::string_view becomes = Becomes(tag, wish);
    if (IsChangeable(tag, wish)) plan.devices.insert(tag.device);
    if (becomes != tag.device) {
      plan.changes.push_back({tag, std::string(becomes)});
    } else if (wish.mapping.Changes(tag.device)) {
      plan.kept.push_back({tag, ReasonToKeep(tag)});
    }
  }
}

// What is appended to a file that is rewritten, to find the way back.
void AddReversal(const Source& base, CheckpointEdits& edits) {
  edits.edits.push_back({base.Size(), 0, TextSource(Reversal(base, edits.edits))});
}

// True if an old end at `size` is marked by a note of this kind.
bool IsOldEnd(const Source& file, const UndoNote& note, std::uint64_t size) {
  return note.old_size == size && size <= file.Size() && EndChecksum(file, size) == note.checksum;
}

// True if a tail, or the first bytes of one, follows an archive that ends at `end`.
bool BeginsTail(const Source& file, std::uint64_t end) {
  if (end >= file.Size()) return false;
  std::string mark = UndoNote{UndoNote::Kind::kTail, end, EndChecksum(file, end)}.Text();
  mark.resize(std::min<std::size_t>(mark.size(), file.Size() - end));
  return Starts(file, end, mark);
}

}  // namespace

RetagPlan PlanRetag(const Source& file, const RetagWish& wish) {
  const std::uint64_t size = SizeWithoutLeftovers(file);
  const SharedSource base =
      size == file.Size() ? Borrow(file) : SharedSource(Window(file, 0, size, file.SpotAt(0)));
  const DeviceMap before = ReadSource(*base, std::nullopt, 0);
  RetagPlan plan;
  plan.path = file.Origin().file;
  plan.format = before.format;
  plan.storages = before.storages;
  plan.bytes.base_size = size;
  ListTags(before, wish, plan);
  CheckpointEdits edits = EditCheckpoint(*base, wish, 0);
  if (edits.edits.empty() && plan.changes.empty()) return plan;
  if (!edits.appends) AddReversal(*base, edits);
  plan.bytes.appends = edits.appends;
  plan.bytes.end_size = edits.end_size;
  plan.bytes.old_end = std::move(edits.old_end);
  plan.bytes.result = std::make_shared<Spliced>(base, std::move(edits.edits));
  const DeviceMap after = ReadSource(*plan.bytes.result, std::nullopt, 0);
  if (!OnlyTagsDiffer(before, after, wish)) {
    file.Unsupported(0, "tags in a layout that PyTorch does not write",
                     "tags that can be changed without changing anything else",
                     "load it with map_location, and save it again");
  }
  return plan;
}

RetagFiles FilesToRetag(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path / kDistributedMetadata)) {
      return {"", {path / kDistributedMetadata}};
    }
    throw UsageError(fmt::format(
        "{}: found a folder without {}, expected a checkpoint or an index of shards\n"
        "  next: name the files in it; portcullis check {} lists them",
        Printable(path.string()), kDistributedMetadata, Printable(Quoted(path.string()))));
  }
  const auto source = OpenFile(path);
  if (!IsShardedIndex({*source, nullptr, path.parent_path(), 0})) return {"", {path}};
  RetagFiles shards{path, {}};
  for (const std::string& shard : ShardFiles(*source)) {
    shards.files.push_back(path.parent_path() / shard);
  }
  return shards;
}

std::uint64_t SizeWithoutLeftovers(const Source& file) {
  if (const auto note = NoteAtEnd(file);
      note && note->kind == UndoNote::Kind::kKeep && IsOldEnd(file, *note, note->old_size)) {
    return note->old_size;
  }
  const std::optional<std::uint64_t> end_at = FindZipEnd(file);
  if (!end_at) return file.Size();
  constexpr std::uint64_t kCommentSizeAt = 20;
  Cursor in(file, *end_at + kCommentSizeAt);
  const std::uint64_t comment = in.U16();
  const std::uint64_t end = in.Offset() + comment;
  return BeginsTail(file, end) ? end : file.Size();
}

std::optional<Undo> FindUndo(const Source& file) {
  if (const auto before = Reversed(file)) {
    ReadSource(*before, std::nullopt, 0);
    return Undo{before, before};
  }
  std::uint64_t size = SizeWithoutLeftovers(file);
  const auto note = NoteAtEnd(file);
  if (note && note->kind == UndoNote::Kind::kUndo && IsOldEnd(file, *note, note->old_size)) {
    size = note->old_size;
  }
  if (size == file.Size()) return {};
  Undo undo{Window(file, 0, size, file.SpotAt(0)), nullptr};
  ReadSource(*undo.before, std::nullopt, 0);
  return undo;
}

}  // namespace portcullis::checkpoint
