#include "src/checkpoint/format.h"

#include <fmt/format.h>

#include <optional>

#include "src/checkpoint/limits.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/pickle.h"

namespace portcullis::checkpoint {
namespace {

constexpr FormatReader kReaders[] = {
    {Format::kExportedProgram, IsExportedProgram, ReadExportedProgram},
    {Format::kArchive, IsArchive, ReadArchive},
    {Format::kTorchScript, IsTorchScript, ReadTorchScript},
    {Format::kPackage, IsPackage, ReadPackage},
    {Format::kPickleSave, IsPickleSave, ReadPickleSave},
    {Format::kZip, IsZip, ReadZip},
    {Format::kLegacy, IsLegacy, ReadLegacy},
    {Format::kDistributed, IsDistributed, ReadDistributed},
    {Format::kPlainPickle, IsPlainPickle, ReadPlainPickle},
    {Format::kSafetensors, IsSafetensors, ReadSafetensors},
    {Format::kShardedIndex, IsShardedIndex, ReadShardedIndex},
};

// PyTorch takes for a zip what starts with a local header (torch/serialization.py, _is_zipfile).
bool StartsAsZip(const Source& source) { return Starts(source, 0, "PK\x03\x04"); }

}  // namespace

std::span<const FormatReader> FormatReaders() { return kReaders; }

DeviceMap ReadSource(const Source& source, const std::optional<std::filesystem::path>& folder,
                     int nesting) {
  if (nesting > kNestedAtMost) {
    source.Unsupported(0, fmt::format("checkpoints nested {} deep", nesting),
                       fmt::format("at most {}", kNestedAtMost), "look at the file by hand");
  }
  std::optional<ZipArchive> zip;
  if (StartsAsZip(source)) zip.emplace(source);
  const Candidate candidate{source, zip ? &*zip : nullptr, folder, nesting};
  for (const FormatReader& reader : kReaders) {
    if (reader.matches(candidate)) return reader.read(candidate);
  }
  const Foreign foreign = Recognise(candidate);
  throw CheckpointError(Problem::kNotACheckpoint, source.SpotAt(0), foreign.what,
                        "a checkpoint that PyTorch or LibTorch saved", foreign.next);
}

void CollectPickle(const Candidate& candidate, Cursor& in, const PickleContext& context,
                   MapBuilder& builder) {
  const std::uint64_t start = in.Offset();
  Budget budget(kBaseBudget + kBudgetPerByte * candidate.source.Size());
  Values values(budget);
  const Ref root = ReadPickle(in, budget, values);
  try {
    Collect(values, root, context, builder);
  } catch (const BudgetSpent& spent) {
    context.source.Unsupported(
        start, fmt::format("a pickle whose names need more than {} MiB", spent.limit() >> 20),
        "names in proportion to the file",
        "look at the file by hand: it may be made to exhaust memory");
  }
}

PickleContext ContextOf(const Candidate& candidate, const Source& source) {
  PickleContext context{source, "", "", nullptr};
  context.read_nested = [&candidate](const Source& bytes) {
    return ReadSource(bytes, std::nullopt, candidate.nesting + 1);
  };
  return context;
}

void CollectMember(const Candidate& candidate, const ZipEntry& entry, const std::string& key_folder,
                   const std::string& name_prefix, MapBuilder& builder) {
  const auto member = candidate.zip->Open(entry);
  PickleContext context = ContextOf(candidate, *member);
  context.key_folder = key_folder;
  context.name_prefix = name_prefix;
  Cursor in(*member);
  CollectPickle(candidate, in, context, builder);
}

}  // namespace portcullis::checkpoint
