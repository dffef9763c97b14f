#include "src/checkpoint/retag/format_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "src/checkpoint/format.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/retag/pickle_edits.h"
#include "src/checkpoint/retag/text_edits.h"
#include "src/checkpoint/retag/zip_tail.h"

namespace portcullis::checkpoint {
namespace {

// A checkpoint at hand.
struct Work {
  const Candidate& candidate;
  const RetagWish& wish;
};

NestedEdits Nested(const Work& work) {
  return [&work](const Source& bytes) {
    return EditCheckpoint(bytes, work.wish, work.candidate.nesting + 1).edits;
  };
}

// The members of an archive that change.
class Members {
 public:
  explicit Members(const Work& work) : work_(work), zip_(*work.candidate.zip) {}

  template <typename EditsOf>
  void Change(const ZipEntry& entry, EditsOf edits_of) {
    const SharedSource member = zip_.Open(entry);
    std::vector<Edit> edits = edits_of(*member);
    if (edits.empty()) return;
    changed_.push_back({&entry, std::make_shared<Spliced>(member, std::move(edits))});
  }

  void ChangePickle(const ZipEntry& entry) {
    Change(entry, [this](const Source& member) {
      Cursor in(member);
      return PickleEdits(in, work_.wish.mapping, Nested(work_));
    });
  }

  CheckpointEdits Take() {
    if (changed_.empty()) return {};
    ZipTail tail = MakeZipTail(zip_, changed_);
    return {{{work_.candidate.source.Size(), 0, tail.bytes}}, true, tail.end_size, tail.old_end};
  }

 private:
  const Work& work_;
  const ZipArchive& zip_;
  std::vector<ChangedMember> changed_;
};

CheckpointEdits EditZip(const Work& work) {
  Members members(work);
  members.ChangePickle(work.candidate.zip->Require("data.pkl"));
  return members.Take();
}

CheckpointEdits EditModule(const Work& work) {
  const ZipArchive& zip = *work.candidate.zip;
  Members members(work);
  for (const std::string_view name : ModulePickles()) {
    if (const ZipEntry* entry = zip.Find(name); entry != nullptr) members.ChangePickle(*entry);
  }
  for (const ZipEntry& entry : zip.entries()) {
    if (!work.wish.code || !IsModuleCode(zip, entry)) continue;
    members.Change(
        entry, [&](const Source&) { return CodeEdits(ReadCode(zip, entry), work.wish.mapping); });
  }
  return members.Take();
}

CheckpointEdits EditPackage(const Work& work) {
  const ZipArchive& zip = *work.candidate.zip;
  Members members(work);
  for (const ZipEntry& entry : zip.entries()) {
    if (IsPackagePickle(zip, entry)) members.ChangePickle(entry);
  }
  return members.Take();
}

bool OfTensorMeta(const JsonPath& path) { return path.size() == 4; }
bool Anywhere(const JsonPath&) { return true; }

CheckpointEdits EditProgram(const Work& work) {
  const ZipArchive& zip = *work.candidate.zip;
  if (const ZipEntry* compiled = CompiledCode(zip); compiled != nullptr) {
    zip.source().Unsupported(
        compiled->header_offset,
        fmt::format("{}, compiled for one kind of device", compiled->name.substr(0, 200)),
        "an exported program that is not compiled (AOTInductor)",
        "compile the program again for the other device: changed tags would not move its code");
  }
  Members members(work);
  const auto json = [&work](bool (*wanted)(const JsonPath&)) {
    return [&work, wanted](const Source& member) {
      return JsonEdits(member, work.wish.mapping, wanted);
    };
  };
  for (const ZipEntry& entry : zip.entries()) {
    switch (ProgramRoleOf(zip, entry)) {
      case ProgramRole::kPayloads:
        members.Change(entry, json(OfTensorMeta));
        break;
      case ProgramRole::kGraph:
        members.Change(entry, json(Anywhere));
        break;
      case ProgramRole::kNested:
        members.Change(entry, [&work](const Source& member) {
          if (!Starts(member, 0, "PK\x03\x04")) return std::vector<Edit>();
          return Nested(work)(member);
        });
        break;
      case ProgramRole::kNone:
        break;
    }
  }
  return members.Take();
}

// The object is the fourth pickle of the file.
CheckpointEdits EditLegacy(const Work& work) {
  Cursor in(work.candidate.source);
  for (int before = 0; before < 3; ++before) {
    Budget budget(kBaseBudget + kBudgetPerByte * in.source().Size());
    Values values(budget);
    ReadPickle(in, budget, values);
  }
  return {PickleEdits(in, work.wish.mapping, Nested(work)), false, 0, ""};
}

CheckpointEdits EditPickle(const Work& work) {
  Cursor in(work.candidate.source);
  return {PickleEdits(in, work.wish.mapping, Nested(work)), false, 0, ""};
}

struct Editor {
  Format format;
  CheckpointEdits (*edit)(const Work&);
};
constexpr Editor kEditors[] = {
    {Format::kZip, EditZip},
    {Format::kPickleSave, EditZip},
    {Format::kTorchScript, EditModule},
    {Format::kArchive, EditModule},
    {Format::kPackage, EditPackage},
    {Format::kExportedProgram, EditProgram},
    {Format::kLegacy, EditLegacy},
    {Format::kPlainPickle, EditPickle},
};

struct Refusal {
  Format format;
  const char* found;
  const char* next;
};
constexpr Refusal kRefusals[] = {
    {Format::kSafetensors, "safetensors, which name no device",
     "nothing is to be done: where the tensors go is what the loading program asks for"},
    {Format::kShardedIndex, "an index, which names no device",
     "retag the shards that it names (portcullis retag INDEX does)"},
    // torch/distributed/checkpoint/filesystem.py of PyTorch 2.11, FileSystemReader.read_data.
    {Format::kDistributed,
     "a distributed checkpoint, whose pieces are loaded with map_location='cpu'",
     "nothing is to be done: torch.distributed.checkpoint.load() ignores its tags"},
};

}  // namespace

CheckpointEdits EditCheckpoint(const Source& source, const RetagWish& wish, int nesting) {
  std::optional<ZipArchive> zip;
  if (Starts(source, 0, "PK\x03\x04")) zip.emplace(source);
  const Candidate candidate{source, zip ? &*zip : nullptr, std::nullopt, nesting};
  const auto readers = FormatReaders();
  const auto reader = std::find_if(readers.begin(), readers.end(),
                                   [&](const FormatReader& row) { return row.matches(candidate); });
  if (reader == readers.end()) return {};
  for (const Editor& editor : kEditors) {
    if (editor.format == reader->format) return editor.edit({candidate, wish});
  }
  if (nesting > 0) return {};
  const auto* refusal =
      std::find_if(std::begin(kRefusals), std::end(kRefusals),
                   [reader](const Refusal& row) { return row.format == reader->format; });
  source.Unsupported(0, refusal->found, "a checkpoint whose tags decide where it loads",
                     refusal->next);
}

}  // namespace portcullis::checkpoint
