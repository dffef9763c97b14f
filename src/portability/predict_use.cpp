#include "src/portability/predict_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "src/portability/destination.h"
#include "src/portability/trouble.h"

namespace portcullis::portability {
namespace {

// What helps, by the error. Of errors that are not here the device itself is not there.
struct RemedyRow {
  std::string_view error;
  std::string_view remedy;
};
constexpr std::array kRemedies{
    RemedyRow{"rng-state",
              "torch.load(path, map_location='cpu'), then load_state_dict: RNG states stay on the "
              "CPU"},
    RemedyRow{"rng-count", "torch.cuda.set_rng_state_all(states[:torch.cuda.device_count()])"},
    RemedyRow{"optimizer-devices",
              "torch.load(path, map_location='cpu'), then optimizer.load_state_dict"},
    RemedyRow{"fused-steps", "optimizer.load_state_dict, which moves the step counts"},
    RemedyRow{"parallel-devices", "model.to('cuda:0') before DataParallel"},
    RemedyRow{"rnn-devices", "trace it again on the device that it is to run on"},
};

using checkpoint::DeviceMap;
using checkpoint::Format;
using checkpoint::TensorEntry;

constexpr char kUse[] = "use";

std::string WithIndex(const std::string& device) { return device == "cuda" ? "cuda:0" : device; }

bool OnGpu(const std::string& device) { return CudaIndex(device).has_value(); }

// What the names of a checkpoint's tensors say they are: those of programs that train with
// torch.optim.Adam, as the loader's state.py reads them.
bool IsRngState(const TensorEntry& tensor) {
  return tensor.dtype == "uint8" && tensor.name.find("rng") != std::string::npos;
}
bool IsRngStateOfGpu(const TensorEntry& tensor) {
  const std::string& name = tensor.name;
  return IsRngState(tensor) && !name.empty() && name.back() >= '0' && name.back() <= '9';
}
bool IsStep(const TensorEntry& tensor) { return tensor.name.ends_with(".step"); }
bool IsAverage(const TensorEntry& tensor) { return tensor.name.ends_with(".exp_avg"); }

// A question about one tensor, and the one that answers it first.
using Is = bool (*)(const TensorEntry&);
const TensorEntry* First(const DeviceMap& subject, Is is) {
  const auto found = std::find_if(subject.tensors.begin(), subject.tensors.end(), is);
  return found == subject.tensors.end() ? nullptr : &*found;
}

std::string LandedOn(const TensorEntry& tensor, const Strategy& strategy) {
  return Destination(tensor.device, strategy);
}

bool HoldsStateDict(const DeviceMap& subject) {
  constexpr std::array kFormats{Format::kZip, Format::kLegacy, Format::kShardedIndex,
                                Format::kSafetensors, Format::kPlainPickle};
  return std::find(kFormats.begin(), kFormats.end(), subject.format) != kFormats.end();
}

// The device that the use takes place on is not there.
std::optional<Prediction> DeviceFails(const std::string& device, const Place& place,
                                      const Build& build) {
  return AskingFails(Asked::kAten, device, kUse, place, build);
}

// Adam's steps and averages on two GPUs: torch.utils._foreach_utils groups them by device first
// (torch/utils/_foreach_utils.py, 2.11).
std::optional<Prediction> StepsFail(const DeviceMap& subject, const Strategy& strategy,
                                    const std::string& device) {
  const TensorEntry* step = First(subject, IsStep);
  if (step == nullptr || !OnGpu(device)) return std::nullopt;
  const std::string there = LandedOn(*step, strategy);
  if (!OnGpu(there) || there == device) return std::nullopt;
  return Raises("optimizer-devices",
                fmt::format("the optimizer's step counts stay on {}, its averages follow the "
                            "parameters to {}",
                            there, device),
                kUse);
}

std::optional<Prediction> MovedFails(const DeviceMap& subject, const Strategy& strategy,
                                     const std::string& device) {
  if (auto fails = StepsFail(subject, strategy, device)) return fails;
  if (!OnGpu(device) || First(subject, IsAverage) == nullptr) return std::nullopt;
  return Raises(
      "different-devices",
      fmt::format("the optimizer's state stays on the CPU and the parameters move to {}", device),
      kUse);
}

std::optional<Prediction> AssignedFails(const DeviceMap& subject, const Strategy& strategy,
                                        const std::string& device) {
  const TensorEntry* step = First(subject, IsStep);
  const TensorEntry* average = First(subject, IsAverage);
  if (step == nullptr || average == nullptr) {
    return Unsupported("it holds no state of an optimizer");
  }
  const std::string averages = LandedOn(*average, strategy);
  if (averages != device) {
    const bool between_gpus_and_cpu = OnGpu(averages) || OnGpu(LandedOn(*step, strategy));
    return Raises(between_gpus_and_cpu ? "optimizer-devices" : "different-devices",
                  fmt::format("nobody moves the optimizer's state from {} to {}", averages, device),
                  kUse);
  }
  if (OnGpu(device) && LandedOn(*step, strategy) == "cpu") {
    return Raises("fused-steps", "nobody moves the step counts to the GPU", kUse);
  }
  return std::nullopt;
}

// torch.set_rng_state and torch.cuda.set_rng_state_all (torch/random.py, torch/cuda/random.py,
// 2.11). Without a GPU the second one waits for CUDA to be initialised, for good.
std::optional<Prediction> RngFails(const DeviceMap& subject, const Strategy& strategy,
                                   const Place& place) {
  const TensorEntry* any = First(subject, IsRngState);
  if (any == nullptr) return Unsupported("it holds no RNG states");
  if (strategy.use.kind == UseKind::kResumeCounted) return std::nullopt;
  for (const TensorEntry& tensor : subject.tensors) {
    if (!IsRngState(tensor) || LandedOn(tensor, strategy) == "cpu") continue;
    return Raises("rng-state", "the map moves the RNG states to a GPU", kUse);
  }
  const auto saved = static_cast<std::size_t>(
      std::count_if(subject.tensors.begin(), subject.tensors.end(), IsRngStateOfGpu));
  const std::size_t visible = place.memory_bytes.size();
  if (saved <= visible || !OnGpu(strategy.use.device)) return std::nullopt;
  return Raises(
      "rng-count",
      fmt::format("{} RNG states of GPUs were saved, {} GPUs are visible", saved, visible), kUse);
}

// torch/nn/parallel/data_parallel.py, 2.11. Over one GPU the module is moved to it.
std::optional<Prediction> ParallelFails(const std::string& device, const Place& place,
                                        const Build& build) {
  const bool several = place.memory_bytes.size() > 1 && !TroubleWith(0, place, build);
  if (!several || WithIndex(device) == "cuda:0") return std::nullopt;
  return Raises("parallel-devices",
                fmt::format("DataParallel starts from cuda:0 and the module is on {}", device),
                kUse);
}

std::optional<Prediction> StoredFails(const DeviceMap& subject, const Place& place,
                                      const Build& build) {
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    if (tag.place == checkpoint::Place::kDeviceObject) return DeviceFails(tag.device, place, build);
  }
  return Unsupported("it holds no torch.device");
}

bool IsCall(const Use& use) {
  return use.kind == UseKind::kCall || use.kind == UseKind::kMoveAndCall ||
         use.kind == UseKind::kMoveProgramAndCall;
}

// Of an exported program, called with its own inputs: where its weights are, then the devices in
// its graph's calls, which move_to_device_pass alone moves. Each tensor of the graph is described
// with its device too; that no call asks for.
std::optional<Prediction> ProgramFails(const DeviceMap& subject, const Place& place,
                                       const Build& build, const Strategy& strategy) {
  const std::string device = WithIndex(strategy.use.device);
  if (auto fails = DeviceFails(device, place, build)) return fails;
  if (strategy.use.kind == UseKind::kMoveProgramAndCall) return std::nullopt;
  for (const auto& storage : subject.storages) {
    const bool moves =
        strategy.use.kind == UseKind::kMoveAndCall || storage.key.find('!') != std::string::npos;
    if (moves || WithIndex(storage.device) == device) continue;
    return Raises("different-devices",
                  fmt::format("a weight on {} meets an input on {}", storage.device, device), kUse);
  }
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    const bool is_argument = tag.place == checkpoint::Place::kGraphConstant &&
                             tag.name.find(".inputs.") != std::string::npos;
    if (!is_argument || WithIndex(tag.device) == device) continue;
    return Raises(
        "different-devices",
        fmt::format("the graph makes a tensor on {}, whatever the input's device is", tag.device),
        kUse);
  }
  return std::nullopt;
}

// Of a TorchScript module: devices in its code, then its constants, which .to() does not move, then
// everything else.
std::optional<Prediction> CallFails(const DeviceMap& subject, const Place& place,
                                    const Build& build, const Strategy& strategy) {
  const std::string device = WithIndex(strategy.use.device);
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    if (tag.place != checkpoint::Place::kCodeLiteral) continue;
    if (auto fails = DeviceFails(tag.device, place, build)) return fails;
    if (WithIndex(tag.device) == device) continue;
    return Raises(
        "rnn-devices",
        fmt::format("the code makes a state on {}, whatever the input's device is", tag.device),
        kUse);
  }
  const bool moves = strategy.use.kind == UseKind::kMoveAndCall;
  for (const auto& storage : subject.storages) {
    const bool stays = !moves || storage.key.starts_with("constants/");
    const std::string there = Destination(storage.device, strategy);
    if (!stays || there == device) continue;
    return Raises("different-devices",
                  fmt::format("{} on {} meets an input on {}",
                              storage.key.starts_with("constants/") ? "a constant" : "a weight",
                              there, device),
                  kUse);
  }
  return std::nullopt;
}

std::optional<Prediction> OfState(const DeviceMap& subject, const Place& place, const Build& build,
                                  const Strategy& strategy) {
  const std::string device = WithIndex(strategy.use.device);
  switch (strategy.use.kind) {
    case UseKind::kTrain:
      return StepsFail(subject, strategy, device);
    case UseKind::kTrainMoved:
      return MovedFails(subject, strategy, device);
    case UseKind::kTrainAssigned:
      return AssignedFails(subject, strategy, device);
    case UseKind::kResume:
    case UseKind::kResumeCounted:
      if (auto fails = RngFails(subject, strategy, place)) return fails;
      return StepsFail(subject, strategy, device);
    case UseKind::kDataParallel:
      return ParallelFails(device, place, build);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string RemedyOfUse(const DeviceMap& subject, const Strategy& strategy,
                        const Prediction& failure) {
  if (!strategy.use) return "trace it again on the device that it is to run on";
  for (const auto& [error, remedy] : kRemedies) {
    if (error == failure.error) return std::string(remedy);
  }
  if (failure.error != "different-devices") return "take the device from the host: cuda or cpu";
  if (subject.format == Format::kExportedProgram) {
    return fmt::format("torch.export.passes.move_to_device_pass(program, '{}')",
                       strategy.use.device);
  }
  if (IsCall(strategy.use))
    return fmt::format("torch.jit.load(path, map_location='{}')", strategy.use.device);
  return "load the model, move it, build the optimizer, then load its state";
}

std::optional<Prediction> UseFails(const DeviceMap& subject, const Place& place, const Build& build,
                                   const Strategy& strategy) {
  const Use& use = strategy.use;
  if (!use) return std::nullopt;
  if (!build.python) return Unsupported("the C++ loader loads and does no more");
  if (IsCall(use) && subject.format == Format::kExportedProgram) {
    if (strategy.kind != StrategyKind::kAsSaved) {
      return Unsupported("only the program itself can be called, not its weights");
    }
    return ProgramFails(subject, place, build, strategy);
  }
  if (IsCall(use) && subject.format != Format::kTorchScript) {
    return Unsupported("only a TorchScript module and an exported program can be called");
  }
  if (use.kind == UseKind::kMoveProgramAndCall) {
    return Unsupported("only an exported program has its devices in a graph");
  }
  if (!IsCall(use) && !HoldsStateDict(subject)) return Unsupported("it holds no state_dict");
  if (use.kind == UseKind::kStoredDevice) return StoredFails(subject, place, build);
  if (IsCall(use)) {
    if (auto fails = CallFails(subject, place, build, strategy)) {
      return fails->error == "different-devices" && DeviceFails(use.device, place, build)
                 ? DeviceFails(use.device, place, build)
                 : fails;
    }
    return DeviceFails(use.device, place, build);
  }
  if (auto fails = DeviceFails(use.device, place, build)) return fails;
  return OfState(subject, place, build, strategy);
}

}  // namespace portcullis::portability
