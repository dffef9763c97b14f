#include "src/portability/destination.h"

#include <algorithm>

namespace portcullis::portability {
namespace {

std::string WithIndex(const std::string& device) { return device == "cuda" ? "cuda:0" : device; }

}  // namespace

Restored RestoredTo(const std::string& tag, const Strategy& strategy) {
  switch (strategy.kind) {
    case StrategyKind::kAsSaved:
    case StrategyKind::kAsSavedThenTo:
      return {tag};
    case StrategyKind::kMapLocation:
      return {strategy.argument};
    case StrategyKind::kRemap:
      for (const auto& [from, to] : RemapPairs(strategy)) {
        if (from == tag) return {to};
      }
      return {tag};
    case StrategyKind::kCallable:
      if (strategy.argument == "keep") return {""};
      if (strategy.argument == "none") return {tag};
      return {strategy.argument, true};
    case StrategyKind::kCpuThenTo:
    case StrategyKind::kParts:
    case StrategyKind::kSave:
    case StrategyKind::kCpuRanks:
    case StrategyKind::kMmapRanks:
      return {"cpu"};
    case StrategyKind::kMmap:
    case StrategyKind::kForward:
      return {strategy.argument.empty() ? tag : strategy.argument};
    case StrategyKind::kTorchLoad:
    case StrategyKind::kUnpickle:
    case StrategyKind::kMapFirst:
    case StrategyKind::kCurrent:
      return {strategy.argument};
    case StrategyKind::kBadMap:
    case StrategyKind::kRanks:
    case StrategyKind::kRankMap:
    case StrategyKind::kGpuRanks:
    case StrategyKind::kLateMask:
      return {tag};
  }
  return {tag};
}

bool MapsToMeta(const Strategy& strategy) {
  return strategy.kind == StrategyKind::kMapLocation && strategy.argument.starts_with("meta");
}

std::vector<std::string> MovesTo(const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kAsSavedThenTo || strategy.kind == StrategyKind::kCpuThenTo) {
    return {strategy.argument};
  }
  if (strategy.kind != StrategyKind::kParts) return {};
  return PartDevices(strategy);
}

std::string Destination(const std::string& tag, const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kParts) return {};
  const auto moves = MovesTo(strategy);
  if (!moves.empty()) return WithIndex(moves.back());
  if (tag == "meta") return tag;  // no map reaches what has no storage
  const std::string device = RestoredTo(tag, strategy).device;
  return device.empty() ? "cpu" : WithIndex(device);
}

std::vector<std::string> PartDevices(const Strategy& strategy) {
  std::vector<std::string> devices;
  for (std::size_t start = 0; start <= strategy.argument.size();) {
    const std::size_t end = std::min(strategy.argument.find(',', start), strategy.argument.size());
    devices.push_back(strategy.argument.substr(start, end - start));
    start = end + 1;
  }
  return devices;
}

}  // namespace portcullis::portability
