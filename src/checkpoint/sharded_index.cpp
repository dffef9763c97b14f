// Owns: checkpoints in several files with an index: {"weight_map": {TENSOR: FILE, …}}, as
// Transformers and others write (pytorch_model.bin.index.json, model.safetensors.index.json).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "src/checkpoint/format.h"
#include "src/checkpoint/json_scan.h"
#include "src/checkpoint/looks_like.h"

namespace portcullis::checkpoint {
namespace {

struct Shard {
  std::string file;
  std::uint64_t offset = 0;  // where the index first names it
  bool operator<(const Shard& other) const { return file < other.file; }
};

std::set<Shard> ShardsOf(const Source& index) {
  std::set<Shard> shards;
  ScanJson(index, [&shards](const JsonPath& path, const JsonValue& value) {
    if (path.size() == 2 && path[0] == "weight_map" && value.kind == JsonValue::Kind::kString) {
      shards.insert({std::string(value.text), value.offset});
    }
  });
  return shards;
}

// An index must not lead out of its folder.
void RequireBeside(const Source& index, const Shard& shard) {
  const std::filesystem::path path(shard.file);
  if (!shard.file.empty() && path.filename() == path && shard.file != "..") return;
  index.Damaged(shard.offset, fmt::format("the shard '{}'", shard.file),
                "the name of a file beside the index");
}

}  // namespace

std::vector<std::string> ShardFiles(const Source& index) {
  std::vector<std::string> files;
  for (const Shard& shard : ShardsOf(index)) {
    RequireBeside(index, shard);
    files.push_back(shard.file);
  }
  return files;
}

bool IsShardedIndex(const Candidate& candidate) {
  const Source& source = candidate.source;
  if (candidate.zip != nullptr || candidate.nesting > 0) return false;
  if (!Starts(source, 0, "{")) return false;
  Cursor in(source);
  return in.Text(std::min(Cursor::kLongestText, source.Size())).find("\"weight_map\"") !=
         std::string_view::npos;
}

DeviceMap ReadShardedIndex(const Candidate& candidate) {
  const Source& index = candidate.source;
  MapBuilder builder(index.Origin().file, Format::kShardedIndex, index.Size());
  for (const Shard& shard : ShardsOf(index)) {
    RequireBeside(index, shard);
    if (!candidate.folder) {
      builder.Warn(fmt::format("shard {} was not read", shard.file));
      continue;
    }
    const auto source = OpenFile(*candidate.folder / shard.file);
    builder.Grow(source->Size());
    const DeviceMap inner = ReadSource(*source, std::nullopt, candidate.nesting + 1);
    builder.Merge(inner, {shard.file + "!", "", shard.file + "!"});
  }
  return builder.Take();
}

}  // namespace portcullis::checkpoint
