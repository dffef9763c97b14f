// Owns: the strategies, that is the ways to load a checkpoint, as one table.
//
// A strategy says how to load; the checkpoint's format picks the function that does it
// (torch.load, torch.jit.load, torch::jit::load, InputArchive::load_from, torch::pickle_load).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/portability/use.h"

namespace portcullis::portability {

enum class StrategyKind {
  kAsSaved,
  kAsSavedThenTo,
  kMapLocation,
  kRemap,
  kCallable,
  kCpuThenTo,
  kParts,
  kMmap,
  kForward,
  kSave,
  kTorchLoad,
  kUnpickle,
  kMapFirst,
  kBadMap,
  kCurrent,
  kRanks,
  kRankMap,
  kCpuRanks,
  kMmapRanks,
  kGpuRanks,
  kLateMask,
};

// What the text behind "=" must be.
enum class ArgumentKind {
  kNone,            // as-saved
  kDevice,          // cpu, cuda, cuda:1, meta
  kOptionalDevice,  // mmap, mmap=cpu, forward
  kDevicePairs,     // cuda:1>cuda:0,cuda:0>cpu
  kCallable,        // keep, none, or a device
  kDevices,         // cuda:0,cuda:1
  kSaving,          // limit:65536, kill:65536 or full
  kWord,            // cuda1, 0
  kCount,           // 4
};

// One row of the table.
struct StrategyRow {
  StrategyKind kind;
  std::string_view name;  // "map-location"
  ArgumentKind argument;
  std::string_view example;  // "map-location=cuda:1"
  std::string_view summary;  // for people, one line
  std::string_view python;   // code, {device} filled in; "" if Python has no such way
  std::string_view cpp;      // code, {device} filled in; "" if C++ has no such way
};
std::span<const StrategyRow> StrategyTable();

// One strategy with its argument, and what is done with what it loads.
struct Strategy {
  StrategyKind kind = StrategyKind::kAsSaved;
  std::string argument;  // as in the text behind "=", checked
  Use use = {};          // behind "+"
  // "map-location=cuda:1", or "map-location=cpu+train=cuda:0": the one spelling used in YAML, JSON
  // and on the command line.
  std::string Text() const;
  const StrategyRow& Row() const;
  bool operator==(const Strategy&) const = default;
};

// Parses "name" or "name=argument", and a use behind "+". Throws UsageError with the nearest name
// or what the argument should look like ("cuda1" is told from "cuda:1").
Strategy ParseStrategy(std::string_view text);

// True for "cpu", "meta", "cuda", "cuda:0" … and the other device types PyTorch parses.
bool IsDevice(std::string_view text);

// The pairs of a remap argument, in order.
struct DevicePair {
  std::string from, to;
};
std::vector<DevicePair> RemapPairs(const Strategy& strategy);

}  // namespace portcullis::portability
