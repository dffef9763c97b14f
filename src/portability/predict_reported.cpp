#include "src/portability/predict_reported.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "src/portability/trouble.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;

bool IsTorchLoads(Format format) {
  return format == Format::kZip || format == Format::kLegacy || format == Format::kPickleSave;
}

std::size_t CountOf(const Strategy& strategy) {
  std::size_t count = 1;
  std::from_chars(strategy.argument.data(), strategy.argument.data() + strategy.argument.size(),
                  count);
  return count;
}

// What torch.load's own check says of the first tag that names a GPU.
std::optional<Prediction> TagsFail(const DeviceMap& subject, const Place& place,
                                   const Build& build) {
  for (const auto& storage : subject.storages) {
    auto fails = AskingFails(Asked::kTorchLoad, storage.device, "load", place, build);
    if (fails) return fails;
  }
  return std::nullopt;
}

// torch.load takes a plain pickle for a legacy checkpoint and unpickles all of it to see whether it
// begins with the magic number; within, each tensor calls torch.load without a map
// (torch/serialization.py _legacy_load, torch/storage.py _load_from_bytes, 2.11).
std::optional<Prediction> TorchLoadFails(const DeviceMap& subject, const Place& place,
                                         const Build& build) {
  if (subject.format == Format::kTorchScript || subject.format == Format::kArchive) {
    if (build.trust) return Unsupported("torch.load hands TorchScript over to torch.jit.load");
    if (build.torch < TorchVersion{{2, 6, 0}}) return std::nullopt;  // handed over with the map
    return Raises("torchscript-archive", "torch.load does not read TorchScript");
  }
  if (subject.format == Format::kPlainPickle) {
    if (!build.trust) return Raises("weights-only", "weights_only=True refuses its globals");
    if (auto fails = TagsFail(subject, place, build)) return fails;
    return Raises("bad-magic", "a plain pickle does not begin as a legacy checkpoint does");
  }
  if (!IsTorchLoads(subject.format)) return Unsupported("torch.load does not read it");
  return std::nullopt;
}

bool IsNumber(const std::string& word) {
  return word.find_first_not_of("0123456789") == std::string::npos;
}

// safetensors takes a number for a GPU, and parses words itself
// (safetensors/bindings/python/src/lib.rs, Device, 0.8).
std::optional<Prediction> BadDeviceFails(const std::string& word, const Place& place,
                                         const Build& build) {
  if (!IsNumber(word)) {
    return Raises("safetensors-device", fmt::format("'{}' is no device's name", word));
  }
  return AskingFails(Asked::kAten, "cuda:" + word, "load", place, build);
}

std::optional<Prediction> BadMapFails(const DeviceMap& subject, const Place& place,
                                      const Build& build, const Strategy& strategy) {
  if (subject.format == Format::kSafetensors) {
    return BadDeviceFails(strategy.argument, place, build);
  }
  if (!IsTorchLoads(subject.format)) return Unsupported("its function takes no such map");
  if (subject.storages.empty()) return std::nullopt;
  const std::string& word = strategy.argument;
  if (IsNumber(word)) {
    return Raises("map-not-callable", "a number is neither device, dict nor function");
  }
  // The map is taken for a location: what begins with cuda is for CUDA to restore.
  if (word.starts_with("cuda")) {
    return Raises("bad-device-string", fmt::format("'{}' is no device's name", word));
  }
  return Raises("unknown-tag", fmt::format("'{}' is no device's name", word));
}

std::optional<Prediction> CurrentFails(const Strategy& strategy, const Place& place,
                                       const Build& build) {
  if (!CudaIndex(strategy.argument)) return Unsupported("only a GPU can be the current one");
  return AskingFails(Asked::kAten, strategy.argument, "load", place, build);
}

// The mask is read once, when the CUDA runtime starts: whatever it is set to later, the load is as
// saved (pytorch/pytorch#9158).
std::optional<Prediction> LateMaskFails(const Place& place, const Build& build) {
  return AskingFails(Asked::kAten, "cuda:0", "load", place, build);
}

std::optional<Prediction> RanksFail(const Strategy& strategy, const Place& place,
                                    const Build& build) {
  for (std::size_t rank = 0; rank < CountOf(strategy); ++rank) {
    const std::string device = fmt::format("cuda:{}", rank);
    if (auto fails = AskingFails(Asked::kTorchLoad, device, "load", place, build)) return fails;
  }
  return std::nullopt;
}

}  // namespace

bool IsReportedWay(const Strategy& strategy) { return strategy.kind >= StrategyKind::kTorchLoad; }

std::optional<Prediction> ReportedFails(const DeviceMap& subject, const Place& place,
                                        const Build& build, const Strategy& strategy) {
  if (!build.python) return Unsupported("the C++ load functions have no such way");
  switch (strategy.kind) {
    case StrategyKind::kTorchLoad:
      return TorchLoadFails(subject, place, build);
    case StrategyKind::kUnpickle:
      if (subject.format != Format::kPlainPickle) return Unsupported("it is no plain pickle");
      if (!build.trust) return Unsupported("unpickling runs whatever the file says");
      return std::nullopt;
    case StrategyKind::kMapFirst:
      if (subject.format != Format::kShardedIndex) return Unsupported("it is one file");
      return std::nullopt;
    case StrategyKind::kBadMap:
      return BadMapFails(subject, place, build, strategy);
    case StrategyKind::kCurrent:
      if (!IsTorchLoads(subject.format)) return Unsupported("its function takes no such map");
      return CurrentFails(strategy, place, build);
    case StrategyKind::kRanks:
      if (!IsTorchLoads(subject.format)) return Unsupported("torch.load does not read it");
      return std::nullopt;
    case StrategyKind::kRankMap:
    case StrategyKind::kGpuRanks:
      if (!IsTorchLoads(subject.format)) return Unsupported("torch.load does not read it");
      return RanksFail(strategy, place, build);
    case StrategyKind::kCpuRanks:
      if (!IsTorchLoads(subject.format)) return Unsupported("torch.load does not read it");
      if (CountOf(strategy) < 2) return std::nullopt;
      return Raises("host-memory", "each rank holds a copy of its own in host memory");
    case StrategyKind::kMmapRanks:
      if (subject.format != Format::kZip) return Unsupported("only a zip can be mapped");
      return std::nullopt;
    case StrategyKind::kLateMask:
      if (!IsTorchLoads(subject.format)) return Unsupported("torch.load does not read it");
      return LateMaskFails(place, build);
    default:
      return std::nullopt;
  }
}

Strategy ForStorage(const Strategy& strategy, const DeviceMap& subject,
                    const checkpoint::StorageEntry& storage) {
  if (strategy.kind == StrategyKind::kRankMap || strategy.kind == StrategyKind::kGpuRanks)
    return {StrategyKind::kMapLocation, "cuda:0"};
  if (strategy.kind != StrategyKind::kMapFirst) return strategy;
  const auto shard_of = [](const std::string& key) { return key.substr(0, key.find('!')); };
  const auto first = std::min_element(
      subject.storages.begin(), subject.storages.end(),
      [&](const auto& a, const auto& b) { return shard_of(a.key) < shard_of(b.key); });
  return shard_of(storage.key) == shard_of(first->key) ? strategy : Strategy{};
}

std::uint64_t TimesLoaded(const Strategy& strategy) {
  return strategy.kind == StrategyKind::kRanks ? CountOf(strategy) : 1;
}

}  // namespace portcullis::portability
