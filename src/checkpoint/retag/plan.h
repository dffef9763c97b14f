// Owns: what retagging a checkpoint changes, as data, before anything is written.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/checkpoint/device_map.h"
#include "src/checkpoint/retag/mapping.h"
#include "src/checkpoint/retag/splice.h"

namespace portcullis::checkpoint {

struct RetagWish {
  DeviceMapping mapping;
  bool code = false;  // also the device literals of TorchScript code
};

// One device tag that changes.
struct TagChange {
  DeviceTag tag;  // as it is
  std::string becomes;
};

// A place that names a device of the mapping and stays as it is.
struct KeptTag {
  DeviceTag tag;
  std::string reason;
};

// Where the new bytes go.
struct RetagBytes {
  // The new file. Empty if nothing changes.
  std::shared_ptr<const Spliced> result;
  // The old file's own bytes; less than all of it if an interrupted run left something behind.
  std::uint64_t base_size = 0;
  // The result begins with all base_size old bytes, so that the file can be changed by appending;
  // the last end_size bytes make the change take effect. See zip_tail.h for `old_end`.
  bool appends = false;
  std::uint64_t end_size = 0;
  std::string old_end;
};

struct RetagPlan {
  std::string path;
  Format format = Format::kZip;
  std::vector<TagChange> changes;
  std::vector<KeptTag> kept;
  Many<StorageEntry> storages;    // as they were
  std::set<std::string> devices;  // of all tags that may change: what a pair can match
  RetagBytes bytes;
};

// Plans, and reads the result as it will be: whatever differs beside the tags is refused. `file`
// must outlive the plan. Throws CheckpointError: kUnsupported for checkpoints whose tags cannot be
// changed, or need not be, with the reason; others as ReadDeviceMap() does.
RetagPlan PlanRetag(const Source& file, const RetagWish& wish);

// The files to retag for a path: those that an index of shards names, beside it; else itself.
struct RetagFiles {
  std::filesystem::path index;  // empty if the path is none
  std::vector<std::filesystem::path> files;
};
// Throws UsageError for a folder that is no distributed checkpoint, CheckpointError for an index
// that cannot be read.
RetagFiles FilesToRetag(const std::filesystem::path& path);

// The size of the old file within one that an interrupted run left longer; else the whole size.
std::uint64_t SizeWithoutLeftovers(const Source& file);

// The file as it was before it was retagged, or null if it was not. Reads from `file`.
struct Undo {
  SharedSource before;
  std::shared_ptr<const Spliced>
      rewritten;  // `before` again, or null if it is the file's beginning
};
std::optional<Undo> FindUndo(const Source& file);

}  // namespace portcullis::checkpoint
