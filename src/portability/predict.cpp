#include "src/portability/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "src/portability/weights_only.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;

// Who is asked to put something on a device; each has its own words for the same trouble.
enum class Asked {
  kTorchLoad,  // torch.load restoring a storage by its location (Python)
  kAten,       // ATen allocating there: .to, .cuda, torch.jit.load, everything in C++
};

// What is wrong with a CUDA device on a host.
enum class Trouble {
  kCpuBuild,
  kCpuBuildNoIndex,
  kNoDriver,
  kDriverTooOld,
  kNoGpu,
  kNoSuchGpu,
  kNoMemory
};

struct Rule {
  Asked asked;
  Trouble trouble;
  std::string_view error;
  std::string_view reason;
};

// torch.load asks torch.cuda.is_available() first, which swallows every reason; ATen initialises
// CUDA and passes on what that said. (torch/serialization.py _validate_device;
// c10/cuda/CUDAFunctions.cpp device_count_ensure_non_zero; PyTorch 2.11.)
constexpr std::array kRules{
    Rule{Asked::kTorchLoad, Trouble::kCpuBuild, "deserialize-no-cuda",
         "the tag {device} names a GPU and this PyTorch is built without CUDA"},
    Rule{Asked::kTorchLoad, Trouble::kNoDriver, "deserialize-no-cuda",
         "the tag {device} names a GPU and the host has no NVIDIA driver"},
    Rule{Asked::kTorchLoad, Trouble::kDriverTooOld, "deserialize-no-cuda",
         "the tag {device} names a GPU and the driver is too old for this PyTorch"},
    Rule{Asked::kTorchLoad, Trouble::kNoGpu, "deserialize-no-cuda",
         "the tag {device} names a GPU and none is visible"},
    Rule{Asked::kTorchLoad, Trouble::kNoSuchGpu, "deserialize-no-such-gpu",
         "the tag {device} names a GPU beyond the {visible} visible"},
    Rule{Asked::kTorchLoad, Trouble::kNoMemory, "out-of-memory",
         "the storages do not fit into the memory of {device}"},
    Rule{Asked::kAten, Trouble::kCpuBuild, "cpu-build",
         "{device} is asked of a build without CUDA"},
    Rule{Asked::kAten, Trouble::kCpuBuildNoIndex, "not-linked",
         "{device} is asked of a build without CUDA, which cannot say which GPU is current"},
    Rule{Asked::kAten, Trouble::kNoDriver, "no-driver",
         "{device} is asked for and the host has no NVIDIA driver"},
    Rule{Asked::kAten, Trouble::kDriverTooOld, "driver-too-old",
         "{device} is asked for and the driver is too old for this PyTorch"},
    Rule{Asked::kAten, Trouble::kNoGpu, "no-gpus", "{device} is asked for and no GPU is visible"},
    Rule{Asked::kAten, Trouble::kNoSuchGpu, "invalid-ordinal",
         "{device} is asked for and only {visible} GPUs are visible"},
    Rule{Asked::kAten, Trouble::kNoMemory, "out-of-memory",
         "the storages do not fit into the memory of {device}"},
};

// "cuda:1" → 1, "cuda" → 0, anything else → nothing.
std::optional<std::size_t> CudaIndex(std::string_view device) {
  if (device == "cuda") return 0;
  constexpr std::string_view kPrefix = "cuda:";
  if (!device.starts_with(kPrefix)) return std::nullopt;
  std::size_t index = 0;
  std::from_chars(device.data() + kPrefix.size(), device.data() + device.size(), index);
  return index;
}

std::string WithIndex(const std::string& device) { return device == "cuda" ? "cuda:0" : device; }

bool DriverIsTooOld(const Place& place, const Build& build) {
  constexpr int kMajor = 1000;  // 13000 is 13.0; minor versions are compatible
  return place.driver_version / kMajor < build.cuda;
}

std::optional<Trouble> TroubleWith(std::size_t index, const Place& place, const Build& build) {
  if (build.cuda == 0) return Trouble::kCpuBuild;
  if (place.driver_version == 0) return Trouble::kNoDriver;
  if (DriverIsTooOld(place, build)) return Trouble::kDriverTooOld;
  if (place.memory_bytes.empty()) return Trouble::kNoGpu;
  if (index >= place.memory_bytes.size()) return Trouble::kNoSuchGpu;
  return std::nullopt;
}

std::string Fill(std::string_view text, const std::string& device, const Place& place) {
  return fmt::format(fmt::runtime(text), fmt::arg("device", device),
                     fmt::arg("visible", place.memory_bytes.size()));
}

Prediction Fails(Asked asked, Trouble trouble, const std::string& device, const char* phase,
                 const Place& place) {
  const auto* rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) {
    return r.asked == asked && r.trouble == trouble;
  });
  Prediction prediction;
  prediction.loads = false;
  prediction.error = rule->error;
  prediction.phase = phase;
  prediction.reason = Fill(rule->reason, device, place);
  return prediction;
}

Prediction Raises(std::string_view error, std::string reason) {
  Prediction prediction;
  prediction.loads = false;
  prediction.error = error;
  prediction.phase = "load";
  prediction.reason = std::move(reason);
  return prediction;
}

Prediction Unsupported(std::string reason) {
  Prediction prediction;
  prediction.loads = false;
  prediction.supported = false;
  prediction.reason = std::move(reason);
  return prediction;
}

// TorchScript archives are read by LibTorch in either language; the others by torch.load.
bool ReadByTorchLoad(const DeviceMap& subject, const Build& build) {
  return build.python && subject.format != Format::kTorchScript &&
         subject.format != Format::kArchive;
}

// torch::pickle_load, the C++ reader of whatever torch.save or torch::pickle_save wrote.
bool ReadByPickleLoad(const DeviceMap& subject, const Build& build) {
  return !build.python && (subject.format == Format::kZip || subject.format == Format::kPickleSave);
}

bool IsScriptModule(const DeviceMap& subject) { return subject.format == Format::kTorchScript; }

// What C++ has no function for.
std::optional<Prediction> UnsupportedByCpp(const DeviceMap& subject, const Build& build,
                                           const Strategy& strategy) {
  switch (strategy.kind) {
    case StrategyKind::kRemap:
    case StrategyKind::kCallable:
    case StrategyKind::kMmap:
      return Unsupported("LibTorch takes one device, no dict, callable or mmap");
    case StrategyKind::kMapLocation:
    case StrategyKind::kCpuThenTo:
    case StrategyKind::kParts:
      if (ReadByPickleLoad(subject, build)) {
        return Unsupported("torch::pickle_load has no device argument");
      }
      break;
    case StrategyKind::kAsSaved:
    case StrategyKind::kAsSavedThenTo:
    case StrategyKind::kForward:
      break;
  }
  if (subject.format == Format::kLegacy) return Unsupported("LibTorch has no reader for it");
  return std::nullopt;
}

// What torch.load and torch.jit.load refuse or lack (PyTorch 2.11).
std::optional<Prediction> RefusedByPython(const DeviceMap& subject, const Build& build,
                                          const Strategy& strategy) {
  const bool is_mmap = strategy.kind == StrategyKind::kMmap;
  if (!ReadByTorchLoad(subject, build)) {
    const bool is_map =
        strategy.kind == StrategyKind::kRemap || strategy.kind == StrategyKind::kCallable;
    if (is_map) return Raises("jit-map-type", "torch.jit.load takes a device only");
    if (is_mmap) return Unsupported("torch.jit.load has no mmap argument");
    return std::nullopt;
  }
  if (is_mmap && subject.format == Format::kLegacy) {
    return Raises("mmap-legacy", "a legacy checkpoint cannot be mapped into memory");
  }
  const auto refused = WeightsOnlyRefuses(subject.globals);
  if (!build.trust && !refused.empty()) {
    return Raises("weights-only", fmt::format("weights_only=True refuses {}", refused.front()));
  }
  return std::nullopt;
}

// The ways that a format or a language has no function for, and those refused at once.
std::optional<Prediction> RefusedAtOnce(const DeviceMap& subject, const Build& build,
                                        const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kForward && !IsScriptModule(subject)) {
    return Unsupported("only a TorchScript module can be called");
  }
  return build.python ? RefusedByPython(subject, build, strategy)
                      : UnsupportedByCpp(subject, build, strategy);
}

// Where the load itself puts a storage, and who is asked to; "" means: left in host memory.
struct Restore {
  std::string device;
  Asked asked;
};

Restore RestoreOf(const std::string& tag, const Strategy& strategy, Asked usual) {
  switch (strategy.kind) {
    case StrategyKind::kAsSaved:
    case StrategyKind::kAsSavedThenTo:
      return {tag, usual};
    case StrategyKind::kMapLocation:
      return {strategy.argument, usual};
    case StrategyKind::kRemap:
      for (const auto& [from, to] : RemapPairs(strategy)) {
        if (from == tag) return {to, usual};
      }
      return {tag, usual};
    case StrategyKind::kCallable:
      if (strategy.argument == "keep") return {"", usual};
      if (strategy.argument == "none") return {tag, usual};
      return {strategy.argument, Asked::kAten};
    case StrategyKind::kCpuThenTo:
    case StrategyKind::kParts:
      return {"cpu", usual};
    case StrategyKind::kMmap:
    case StrategyKind::kForward:
      return {strategy.argument.empty() ? tag : strategy.argument, usual};
  }
  return {tag, usual};
}

// Devices the strategy moves to after the load.
std::vector<std::string> MovesTo(const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kAsSavedThenTo || strategy.kind == StrategyKind::kCpuThenTo) {
    return {strategy.argument};
  }
  if (strategy.kind != StrategyKind::kParts) return {};
  return PartDevices(strategy);
}

// Tags that this PyTorch restores by another module than cpu, cuda and meta (2.11, Linux, CUDA).
std::optional<Prediction> ForeignTag(const std::string& device) {
  const std::string type = device.substr(0, device.find(':'));
  if (device.empty() || type == "cpu" || type == "cuda" || type == "meta") return std::nullopt;
  if (type == "mps") return Raises("mps-tag", "the tag mps names Apple's GPU");
  return Raises("unknown-tag", fmt::format("this PyTorch has no device of the kind {}", device));
}

// A map given to torch.jit.load is checked by torch.load's own check (torch/jit/_serialization.py
// validate_map_location, 2.11); tags it finds itself are not.
Asked AskedByLoad(const DeviceMap& subject, const Build& build, const Strategy& strategy) {
  if (ReadByTorchLoad(subject, build)) return Asked::kTorchLoad;
  const bool mapped = strategy.kind == StrategyKind::kMapLocation ||
                      (strategy.kind == StrategyKind::kForward && !strategy.argument.empty());
  return build.python && mapped ? Asked::kTorchLoad : Asked::kAten;
}

std::optional<Prediction> LoadFails(const DeviceMap& subject, const Place& place,
                                    const Build& build, const Strategy& strategy) {
  const Asked usual = AskedByLoad(subject, build, strategy);
  std::map<std::size_t, std::uint64_t> used;  // bytes by GPU
  for (const auto& storage : subject.storages) {
    const Restore restore = RestoreOf(storage.device, strategy, usual);
    if (auto foreign = ForeignTag(restore.device)) return foreign;
    const auto index = CudaIndex(restore.device);
    if (!index) continue;
    if (auto trouble = TroubleWith(*index, place, build)) {
      const bool no_index = trouble == Trouble::kCpuBuild && restore.device == "cuda";
      if (no_index && restore.asked == Asked::kAten) trouble = Trouble::kCpuBuildNoIndex;
      return Fails(restore.asked, *trouble, restore.device, "load", place);
    }
    used[*index] += storage.bytes;
    if (used[*index] > place.memory_bytes[*index]) {
      return Fails(restore.asked, Trouble::kNoMemory, restore.device, "load", place);
    }
  }
  return std::nullopt;
}

std::optional<Prediction> MoveFails(const DeviceMap& subject, const Place& place,
                                    const Build& build, const Strategy& strategy) {
  if (subject.storages.empty()) return std::nullopt;
  for (const std::string& device : MovesTo(strategy)) {
    const auto index = CudaIndex(device);
    if (!index) continue;
    if (const auto trouble = TroubleWith(*index, place, build)) {
      return Fails(Asked::kAten, *trouble, device, "move", place);
    }
    std::uint64_t bytes = 0;
    for (const auto& storage : subject.storages) bytes += storage.bytes;
    const bool all_of_it = strategy.kind != StrategyKind::kParts;
    if (all_of_it && bytes > place.memory_bytes[*index]) {
      return Fails(Asked::kAten, Trouble::kNoMemory, device, "move", place);
    }
  }
  return std::nullopt;
}

// A device written into TorchScript code is asked for when the code runs; no map reaches it.
std::optional<Prediction> UseFails(const DeviceMap& subject, const Place& place, const Build& build,
                                   const Strategy& strategy) {
  if (strategy.kind != StrategyKind::kForward) return std::nullopt;
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    if (tag.place != checkpoint::Place::kCodeLiteral) continue;
    const auto index = CudaIndex(tag.device);
    if (!index) continue;
    if (const auto trouble = TroubleWith(*index, place, build)) {
      return Fails(Asked::kAten, *trouble, tag.device, "use", place);
    }
  }
  return std::nullopt;
}

std::string Remedy(const DeviceMap& subject, const Build& build, const Prediction& failure) {
  if (failure.error == "weights-only") {
    return "torch.load(path, weights_only=False), if you trust whoever made the file";
  }
  if (failure.phase == "use") return "trace it again on the device that it is to run on";
  if (!build.python) {
    if (ReadByPickleLoad(subject, build)) return "save it from the CPU: tensor.to(torch::kCPU)";
    return subject.format == Format::kArchive ? "archive.load_from(path, torch::kCPU)"
                                              : "torch::jit::load(path, torch::kCPU)";
  }
  return ReadByTorchLoad(subject, build) ? "torch.load(path, map_location='cpu')"
                                         : "torch.jit.load(path, map_location='cpu')";
}

}  // namespace

std::string Prediction::Text() const {
  if (!supported) return "unsupported";
  return loads ? "loads" : fmt::format("raises {} in {}", error, phase);
}

std::string Destination(const std::string& tag, const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kParts) return {};
  const auto moves = MovesTo(strategy);
  if (!moves.empty()) return WithIndex(moves.back());
  const std::string device = RestoreOf(tag, strategy, Asked::kTorchLoad).device;
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

Prediction Predict(const DeviceMap& subject, const Place& place, const Build& build,
                   const Strategy& strategy) {
  auto failure = RefusedAtOnce(subject, build, strategy);
  if (!failure) failure = LoadFails(subject, place, build, strategy);
  if (!failure) failure = MoveFails(subject, place, build, strategy);
  if (!failure) failure = UseFails(subject, place, build, strategy);
  if (!failure) {
    Prediction prediction;
    prediction.reason = "every device it asks for is there";
    return prediction;
  }
  failure->remedy = Remedy(subject, build, *failure);
  return *failure;
}

}  // namespace portcullis::portability
