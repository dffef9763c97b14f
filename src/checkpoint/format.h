// Owns: the table of formats. To add one: one file that has a `Matches` and a `Read` for it, one
// row in format.cpp.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/collect.h"
#include "src/checkpoint/device_map.h"
#include "src/checkpoint/map_builder.h"
#include "src/checkpoint/source.h"
#include "src/checkpoint/zip.h"

namespace portcullis::checkpoint {

// A file to be read.
struct Candidate {
  const Source& source;
  const ZipArchive* zip = nullptr;              // null: no zip archive
  std::optional<std::filesystem::path> folder;  // where its neighbours are, if it has any
  int nesting = 0;                              // 1 for a checkpoint within a checkpoint, …
};

struct FormatReader {
  Format format;
  bool (*matches)(const Candidate&);
  DeviceMap (*read)(const Candidate&);
};

// In the order in which they are tried.
std::span<const FormatReader> FormatReaders();

// Reads whatever format it is.
DeviceMap ReadSource(const Source& source, const std::optional<std::filesystem::path>& folder,
                     int nesting);

// Reads one pickle at the cursor and collects what it says.
void CollectPickle(const Candidate& candidate, Cursor& in, const PickleContext& context,
                   MapBuilder& builder);

// The same for a member of an archive. `key_folder` and `name_prefix` as in PickleContext.
void CollectMember(const Candidate& candidate, const ZipEntry& entry, const std::string& key_folder,
                   const std::string& name_prefix, MapBuilder& builder);

// A context whose nested checkpoints are read.
PickleContext ContextOf(const Candidate& candidate, const Source& source);

// Damaged unless every storage has its entry: KEY's is named `folder` + KEY + `suffix`; that of
// "constants/0" is named so. Warns of entries that PyTorch reads wrongly or refuses.
void CheckStorageEntries(const ZipArchive& zip, std::string_view folder, std::string_view suffix,
                         MapBuilder& builder);
void WarnOfOddEntries(const ZipArchive& zip, MapBuilder& builder);

// One pair for each format.
bool IsArchive(const Candidate& candidate);
DeviceMap ReadArchive(const Candidate& candidate);
bool IsTorchScript(const Candidate& candidate);
DeviceMap ReadTorchScript(const Candidate& candidate);
bool IsExportedProgram(const Candidate& candidate);
DeviceMap ReadExportedProgram(const Candidate& candidate);
bool IsPackage(const Candidate& candidate);
DeviceMap ReadPackage(const Candidate& candidate);
bool IsPickleSave(const Candidate& candidate);
DeviceMap ReadPickleSave(const Candidate& candidate);
bool IsZip(const Candidate& candidate);
DeviceMap ReadZip(const Candidate& candidate);
bool IsLegacy(const Candidate& candidate);
DeviceMap ReadLegacy(const Candidate& candidate);
bool IsSafetensors(const Candidate& candidate);
DeviceMap ReadSafetensors(const Candidate& candidate);
bool IsShardedIndex(const Candidate& candidate);
DeviceMap ReadShardedIndex(const Candidate& candidate);
bool IsDistributed(const Candidate& candidate);
DeviceMap ReadDistributed(const Candidate& candidate);
bool IsPlainPickle(const Candidate& candidate);
DeviceMap ReadPlainPickle(const Candidate& candidate);

// The pickles of a TorchScript archive, below its folder, and its code.
std::vector<std::string_view> ModulePickles();
bool IsModuleCode(const ZipArchive& zip, const ZipEntry& entry);
std::string ReadCode(const ZipArchive& zip, const ZipEntry& entry);

// True for what torch.package pickled, as far as can be told.
bool IsPackagePickle(const ZipArchive& zip, const ZipEntry& entry);

// What an entry of an exported program is: descriptions of weights, the graph, a checkpoint.
enum class ProgramRole { kNone, kPayloads, kGraph, kNested };
ProgramRole ProgramRoleOf(const ZipArchive& zip, const ZipEntry& entry);
// Its first entry of code compiled for one kind of device, or null.
const ZipEntry* CompiledCode(const ZipArchive& zip);

// The names of the files that an index of shards names. Throws CheckpointError if one leads
// elsewhere.
std::vector<std::string> ShardFiles(const Source& index);

// The file that makes a directory a distributed checkpoint.
inline constexpr std::string_view kDistributedMetadata = ".metadata";

// True for protocols 2 to 5, whose first opcode says so.
bool StartsAsPickle(const Source& source);

}  // namespace portcullis::checkpoint
