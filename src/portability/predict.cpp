#include "src/portability/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "src/checkpoint/device_name.h"
#include "src/portability/cpp_unpickler.h"
#include "src/portability/destination.h"
#include "src/portability/predict_format.h"
#include "src/portability/predict_reported.h"
#include "src/portability/predict_use.h"
#include "src/portability/readers.h"
#include "src/portability/trouble.h"
#include "src/portability/weights_only.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;

constexpr std::string_view kUntypedStorage = "torch.storage.UntypedStorage";

bool IsScriptModule(const DeviceMap& subject) { return subject.format == Format::kTorchScript; }

const char* Language(const Build& build) { return build.python ? "PyTorch" : "LibTorch"; }

// True if the strategy says at the load where everything goes.
bool NeedsMap(const Strategy& strategy) {
  switch (strategy.kind) {
    case StrategyKind::kMapLocation:
    case StrategyKind::kCpuThenTo:
    case StrategyKind::kParts:
    case StrategyKind::kSave:
    case StrategyKind::kTorchLoad:
    case StrategyKind::kUnpickle:
    case StrategyKind::kMapFirst:
    case StrategyKind::kBadMap:
    case StrategyKind::kCurrent:
    case StrategyKind::kRankMap:
    case StrategyKind::kCpuRanks:
    case StrategyKind::kMmapRanks:
    case StrategyKind::kGpuRanks:
      return true;
    case StrategyKind::kMmap:
    case StrategyKind::kForward:
      return !strategy.argument.empty();
    case StrategyKind::kAsSaved:
    case StrategyKind::kAsSavedThenTo:
    case StrategyKind::kRemap:
    case StrategyKind::kCallable:
    case StrategyKind::kRanks:
    case StrategyKind::kLateMask:
      return false;
  }
  return false;
}

// What the function that reads the format has no argument for, or refuses.
std::optional<Prediction> LacksArgument(const Reader& reader, const Strategy& strategy) {
  const bool any_map =
      strategy.kind == StrategyKind::kRemap || strategy.kind == StrategyKind::kCallable;
  if (any_map && reader.map_argument == MapArgument::kDevice && reader.python &&
      reader.restored_by == RestoredBy::kAten) {
    return Raises("jit-map-type", "torch.jit.load takes a device only");
  }
  const std::string call = CallText(reader, "");
  if (any_map && reader.map_argument != MapArgument::kAny) {
    return Unsupported(fmt::format("{} takes no dict and no callable", call));
  }
  if (strategy.kind == StrategyKind::kMmap && !reader.mmap) {
    return Unsupported(fmt::format("{} has no mmap argument", call));
  }
  if (NeedsMap(strategy) && reader.map_argument == MapArgument::kNone) {
    return Unsupported(fmt::format("{} has no device argument", call));
  }
  return std::nullopt;
}

// The ways that a format or a language has no function for, and those refused at once.
std::optional<Prediction> RefusedAtOnce(const DeviceMap& subject, const Build& build,
                                        const Strategy& strategy) {
  if (strategy.kind == StrategyKind::kForward && !IsScriptModule(subject)) {
    return Unsupported("only a TorchScript module can be called");
  }
  if (strategy.kind == StrategyKind::kSave && !build.python && !IsScriptModule(subject)) {
    return Unsupported("the C++ loader saves TorchScript modules alone");
  }
  const Reader* reader = FindReader(subject.format, build.python);
  if (IsReportedWay(strategy)) return std::nullopt;  // ReportedFails has said what is refused
  if (reader == nullptr) {
    return Unsupported(fmt::format("{} has no reader for it", Language(build)));
  }
  if (auto lacking = LacksArgument(*reader, strategy)) return lacking;
  if (reader->runs_code && !build.trust) {
    return Unsupported(
        fmt::format("{} runs whatever the file says: only with --trust", CallText(*reader, "")));
  }
  if (auto refused = RefusedByFormat(subject, build, strategy)) return refused;
  if (strategy.kind == StrategyKind::kMmap && subject.format == Format::kLegacy) {
    return Raises("mmap-legacy", "a legacy checkpoint cannot be mapped into memory");
  }
  if (subject.format == Format::kPackage && MapsToMeta(strategy) && !subject.storages.empty()) {
    return Raises("package-meta", "PackageImporter cannot restore onto meta");
  }
  return std::nullopt;
}

// Tags that this PyTorch restores by another module than cpu, cuda and meta (2.11, Linux, CUDA).
// torch.load compares cpu as it is written (torch/serialization.py, _cpu_deserialize, 2.11).
std::optional<Prediction> ForeignTag(Asked asked, const std::string& device) {
  const std::string type = device.substr(0, device.find(':'));
  const bool odd = asked == Asked::kTorchLoad && !checkpoint::IsStorageLocation(device);
  if (odd && type == "cuda") {
    return Raises("bad-device-string", fmt::format("'{}' is no device's name", device));
  }
  if (odd && type == "cpu") {
    return Raises("unknown-tag", fmt::format("torch.load knows cpu, and not {}", device));
  }
  if (device.empty() || type == "cpu" || type == "cuda" || type == "meta") return std::nullopt;
  if (type == "hpu") return Raises("hpu-tag", "the tag names an Intel Gaudi");
  if (type == "mps") return Raises("mps-tag", "the tag mps names Apple's GPU");
  return Raises("unknown-tag", fmt::format("this PyTorch has no device of the kind {}", device));
}

// A map given to torch.jit.load is checked by torch.load's own check (torch/jit/_serialization.py
// validate_map_location, 2.11); tags it finds itself are not.
Asked AskedByLoad(const Reader& reader, const Strategy& strategy) {
  if (reader.restored_by == RestoredBy::kTorchLoad) return Asked::kTorchLoad;
  const bool jit = reader.python && reader.restored_by == RestoredBy::kAten;
  return jit && NeedsMap(strategy) ? Asked::kTorchLoad : Asked::kAten;
}

// What goes wrong when `device` is asked for; counts the bytes that it gets.
std::optional<Prediction> RestoringFails(Asked asked, const std::string& device,
                                         std::uint64_t bytes, const Place& place,
                                         const Build& build,
                                         std::map<std::size_t, std::uint64_t>& used) {
  if (auto foreign = ForeignTag(asked, device)) return foreign;
  const auto index = CudaIndex(device);
  if (!index) return std::nullopt;
  if (auto fails = AskingFails(asked, device, "load", place, build)) return fails;
  used[*index] += bytes;
  if (used[*index] <= place.memory_bytes[*index]) return std::nullopt;
  return Fails(asked, Trouble::kNoMemory, device, "load", place, build);
}

bool AsksFor(const DeviceMap& subject, std::string_view global) {
  return std::any_of(subject.globals.begin(), subject.globals.end(),
                     [global](const checkpoint::PickledGlobal& g) { return g.name == global; });
}

// A tensor that was saved as a NumPy array names its device in an argument; the map reaches it,
// but a callable does not (torch/_utils.py _rebuild_device_tensor_from_numpy, 2.11).
std::optional<Prediction> RebuildFails(const DeviceMap& subject, const Place& place,
                                       const Build& build, const Strategy& strategy) {
  if (!AsksFor(subject, "torch._utils._rebuild_device_tensor_from_numpy")) return std::nullopt;
  std::map<std::size_t, std::uint64_t> used;
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    if (tag.place != checkpoint::Place::kRebuildArgument) continue;
    if (strategy.kind == StrategyKind::kCallable) {
      return Raises("callable-map", "a tensor saved as a NumPy array takes no callable map");
    }
    const std::string device = RestoredTo(tag.device, strategy).device;
    if (auto fails = RestoringFails(Asked::kAten, device, 0, place, build, used)) return fails;
  }
  return std::nullopt;
}

// A legacy checkpoint with a dtype that has no storage class of its own (uint16, float8_e5m2, …)
// has one without a dtype, which the reader asks for (torch/serialization.py, _legacy_load, 2.0
// to 2.15).
void AddUntypedStorages(const DeviceMap& subject, FirstEnd& end) {
  if (subject.format != Format::kLegacy) return;
  for (const checkpoint::PickledGlobal& global : subject.globals) {
    if (global.name != kUntypedStorage) continue;
    end.Add(global.first, "untyped-legacy",
            "the legacy format cannot hold its dtype: a storage has no type");
  }
}

// torch.save with pickle_protocol=0 names storages by text, and torch.load wants tuples
// (torch/serialization.py, persistent_load, 2.0 to 2.15).
void AddTextIds(const DeviceMap& subject, FirstEnd& end) {
  const auto* opcode = FindOpcode(subject, checkpoint::kOpcodePersid);
  if (opcode == nullptr) return;
  end.Add(opcode->first, "text-storage-id",
          "its storages are named by text, as pickle protocol 0 writes them");
}

// Where unpickling ends by what the pickle holds.
std::optional<UnpicklingEnd> EndOf(const DeviceMap& subject, const Reader& reader,
                                   const Build& build) {
  const bool pickle_load =
      !reader.python && (subject.format == Format::kZip || subject.format == Format::kPickleSave);
  if (pickle_load) return PickleLoadEndOf(subject, build.torch);
  if (!reader.weights_only) return std::nullopt;  // torch.load alone has that argument
  FirstEnd end;
  if (!build.trust) end.Add(WeightsOnlyEndOf(subject, build.torch));
  AddUntypedStorages(subject, end);
  AddTextIds(subject, end);
  return end.Take();
}

// LibTorch's own unpickler restores what is tagged.
bool ReadByUnpickler(const DeviceMap& subject, const Reader& reader) {
  const bool script = subject.format == Format::kTorchScript || subject.format == Format::kArchive;
  return script || (!reader.python && reader.restored_by == RestoredBy::kAten);
}

// Meta has no quantised and no nested tensors (torch/_utils.py, _rebuild_qtensor and
// _rebuild_nested_tensor, 2.0 to 2.15), and no values to compare.
std::optional<Prediction> LacksOnMeta(const DeviceMap& subject, const Reader& reader,
                                      const Strategy& strategy) {
  if (!MapsToMeta(strategy)) return std::nullopt;
  const bool quantised = AsksFor(subject, "torch._utils._rebuild_qtensor");
  if (reader.weights_only &&
      (quantised || AsksFor(subject, "torch._utils._rebuild_nested_tensor"))) {
    return Raises("missing-backend", fmt::format("there are no {} tensors on meta",
                                                 quantised ? "quantised" : "nested"));
  }
  if (!ComparesConstants(subject)) return std::nullopt;
  return Raises("missing-backend",
                "TorchScript compares its constants, which have no values there");
}

// torch.jit.load looks at its map before it opens the file (torch/jit/_serialization.py,
// validate_map_location, 2.11).
std::optional<Prediction> MapFails(const Place& place, const Build& build,
                                   const Strategy& strategy) {
  std::map<std::size_t, std::uint64_t> used;
  return RestoringFails(Asked::kTorchLoad, RestoredTo("cpu", strategy).device, 0, place, build,
                        used);
}

// Storages load one by one as the pickle comes to them, up to where it is refused.
std::optional<Prediction> LoadFails(const DeviceMap& subject, const Place& place,
                                    const Build& build, const Strategy& strategy) {
  const Reader& reader = *FindReader(subject.format, build.python);
  std::optional<UnpicklingEnd> end = EndOf(subject, reader, build);
  const Asked usual = AskedByLoad(reader, strategy);
  const bool ignores_tags = reader.restored_by == RestoredBy::kNobody;
  const bool unpickler = ReadByUnpickler(subject, reader);
  if (unpickler && usual == Asked::kTorchLoad) {
    if (auto fails = MapFails(place, build, strategy)) return fails;
  }
  std::map<std::size_t, std::uint64_t> used;  // bytes by GPU
  std::size_t restored_before = 0;
  for (const auto& storage : subject.storages) {
    if (end && end->at.storages_before <= restored_before++) break;
    if (unpickler && storage.device == "meta") continue;  // it stays, whatever the map
    const Restored restored =
        RestoredTo(ignores_tags ? "" : storage.device, ForStorage(strategy, subject, storage));
    std::optional<Prediction> fails;
    if (unpickler) fails = UnpicklerRefuses(storage.device, restored.device, build.torch);
    if (!fails) {
      fails = RestoringFails(restored.by_the_user ? Asked::kAten : usual, restored.device,
                             storage.bytes * TimesLoaded(strategy), place, build, used);
    }
    if (fails) return AsItsFunctionSays(subject.format, *fails, place, build);
  }
  if (end) return Raises(end->error, std::move(end->reason));
  if (auto lacks = LacksOnMeta(subject, reader, strategy)) return lacks;
  return reader.python ? RebuildFails(subject, place, build, strategy) : std::nullopt;
}

bool HoldsMeta(const DeviceMap& subject) {
  return std::any_of(subject.tensors.begin(), subject.tensors.end(),
                     [](const auto& tensor) { return tensor.device == "meta"; });
}

std::optional<Prediction> MoveFails(const DeviceMap& subject, const Place& place,
                                    const Build& build, const Strategy& strategy) {
  const auto moves = [&](const auto& storage) { return !IsConstant(subject, storage); };
  const bool any = std::any_of(subject.storages.begin(), subject.storages.end(), moves);
  const bool meta = HoldsMeta(subject);
  if (!any && !meta) return std::nullopt;
  for (const std::string& device : MovesTo(strategy)) {
    if (auto fails = AskingFails(Asked::kAten, device, "move", place, build)) return fails;
    if (meta && device != "meta") return Raises("meta-copy", "meta has no values to move", "move");
    const auto index = CudaIndex(device);
    if (!index) continue;
    std::uint64_t bytes = 0;
    for (const auto& storage : subject.storages) bytes += moves(storage) ? storage.bytes : 0;
    const bool all_of_it = strategy.kind != StrategyKind::kParts;
    if (all_of_it && bytes > place.memory_bytes[*index]) {
      return Fails(Asked::kAten, Trouble::kNoMemory, device, "move", place, build);
    }
  }
  return std::nullopt;
}

// A device written into TorchScript code is asked for when the code runs; no map reaches it.
std::optional<Prediction> ForwardFails(const DeviceMap& subject, const Place& place,
                                       const Build& build, const Strategy& strategy) {
  if (strategy.kind != StrategyKind::kForward) return std::nullopt;
  for (const checkpoint::DeviceTag& tag : subject.tags) {
    if (tag.place != checkpoint::Place::kCodeLiteral) continue;
    if (auto fails = AskingFails(Asked::kAten, tag.device, "use", place, build)) return fails;
  }
  return std::nullopt;
}

std::string RemedyOfRefusal(const DeviceMap& subject) {
  const bool elsewhere = std::any_of(subject.storages.begin(), subject.storages.end(),
                                     [](const auto& storage) { return storage.device != "cpu"; });
  return fmt::format("torch.load(path, {}weights_only=False), if you trust whoever made the file",
                     elsewhere ? "map_location='cpu', " : "");
}

// What no argument of a load mends.
struct SaveOtherwise {
  std::string_view error;
  std::string_view remedy;
};
constexpr std::string_view kPlainDict =
    "torch.save({k: v.cpu() for k, v in model.state_dict().items()}, path) in Python: a plain dict "
    "of tensors, which loads everywhere";
constexpr std::array kSaveOtherwise{
    SaveOtherwise{"untyped-legacy",
                  "torch.save(value, path) where it comes from, without "
                  "_use_new_zipfile_serialization=False"},
    SaveOtherwise{"text-storage-id",
                  "torch.save(value, path) where it comes from, without pickle_protocol"},
    SaveOtherwise{"not-a-pickle", kPlainDict},
    SaveOtherwise{"unpickler-protocol", kPlainDict},
    SaveOtherwise{"unpickler-opcode", kPlainDict},
    SaveOtherwise{"unpickler-global", kPlainDict},
    SaveOtherwise{"pickle-not-a-dict", kPlainDict},
};

std::string RemedyOfEnd(const DeviceMap& subject, const Reader& reader, const Build& build) {
  Build trusting = build;
  trusting.trust = true;
  if (const auto end = EndOf(subject, reader, trusting)) {
    const auto* row = std::find_if(kSaveOtherwise.begin(), kSaveOtherwise.end(),
                                   [&](const SaveOtherwise& r) { return r.error == end->error; });
    return std::string(row->remedy);
  }
  return EndOf(subject, reader, build) ? RemedyOfRefusal(subject) : "";
}

std::string Remedy(const DeviceMap& subject, const Build& build, const Strategy& strategy,
                   const Prediction& failure) {
  if (failure.phase == "use") return RemedyOfUse(subject, strategy, failure);
  const Reader* reader = FindReader(subject.format, build.python);
  if (reader == nullptr || !failure.supported) return {};
  if (std::string remedy = RemedyOfEnd(subject, *reader, build); !remedy.empty()) return remedy;
  if (reader->map_argument != MapArgument::kNone) return CallText(*reader, "cpu");
  if (subject.format == Format::kPlainPickle) {
    return "load it where the GPU is and write it with torch.save, which takes a map";
  }
  return "portcullis retag FILE --to cpu";
}

}  // namespace

std::string Prediction::Text() const {
  if (!supported) return "unsupported";
  return loads ? "loads" : fmt::format("raises {} in {}", error, phase);
}

Prediction Predict(const DeviceMap& subject, const Place& place, const Build& build,
                   const Strategy& strategy) {
  std::optional<Prediction> failure;
  if (IsReportedWay(strategy)) failure = ReportedFails(subject, place, build, strategy);
  if (!failure) failure = RefusedAtOnce(subject, build, strategy);
  if (!failure) failure = LoadFails(subject, place, build, strategy);
  if (!failure) failure = MoveFails(subject, place, build, strategy);
  if (!failure) failure = ForwardFails(subject, place, build, strategy);
  if (!failure) failure = UseFails(subject, place, build, strategy);
  if (!failure) {
    Prediction prediction;
    prediction.reason = "every device it asks for is there";
    return prediction;
  }
  failure->remedy = Remedy(subject, build, strategy, *failure);
  return *failure;
}

}  // namespace portcullis::portability
