// Owns: a recording: what one machine with real GPUs did, as a folder.
//
//   recording.json    the machine, its error codes, the meaning of masks, timed transfers
//   results.ndjson    the scenarios' cases on this machine (docs/RESULTS.md)
//   calls.ndjson      {"id", "calls"} of each case that ran: what it asked of the CUDA runtime
//   checkpoints/      NAME.pt and NAME.pt.manifest.json, saved from its GPUs
//   explained.yaml    known differences: a list of {subject, aspect, why}; may be absent
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/hardware/machine.h"

namespace portcullis::hardware {

inline constexpr int kRecordingSchema = 1;

// What a mask leaves visible.
struct MaskSeen {
  host::Mask mask;
  std::vector<std::string> uuids;  // in CUDA's order
  int count_error = 0;             // of cudaGetDeviceCount
  bool operator==(const MaskSeen&) const = default;
  // "2 GPUs: GPU-…, GPU-…" or "none (error 100)".
  std::string Text() const;
};
MaskSeen SeenBehind(const host::Mask& mask, const Probed& probed);

struct Explained {
  std::string aspect, subject, why;
};

struct Recording {
  std::filesystem::path folder;
  std::string portcullis;  // version that recorded
  std::string recorded;    // UTC
  std::string runtime;     // id of the runtime whose CUDA was asked
  Probed machine;          // the probe behind no mask, with the error codes
  std::vector<MaskSeen> masks;
  nlohmann::json behaviour = nlohmann::json::object();  // answers by question
  std::vector<std::string> checkpoints;                 // names
  nlohmann::json transfers;                     // as transfers.py prints it; null if not timed
  std::vector<nlohmann::json> results;          // the case lines of results.ndjson
  std::map<std::string, nlohmann::json> calls;  // by case, as calls.h has them
  std::vector<Explained> explained;

  std::filesystem::path unpacked;  // where the checkpoints are if not in the folder (archive.h)

  std::filesystem::path Checkpoint(const std::string& name) const;
};

std::filesystem::path ResultsOf(const std::filesystem::path& folder);
std::filesystem::path CallsOf(const std::filesystem::path& folder);
std::filesystem::path CheckpointsOf(const std::filesystem::path& folder);

// Writes recording.json; the rest of the folder is written as it is recorded.
void WriteRecording(const Recording& recording);

// Reads a recording's folder. Throws UsageError naming file and what is wrong: a recording without
// results that end in a footer is none.
Recording ReadRecording(const std::filesystem::path& folder);

}  // namespace portcullis::hardware
