// The rules, one case a row: format × tags × build × host × strategy → what is predicted. Every row
// of the rules table is met by at least one case, so that dropping one is noticed.
#include "src/portability/predict.h"

#include <gmock/gmock.h>

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::Format;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr int kDriver = 13000;
constexpr int kOldDriver = 12020;

const Place kNoDriver{0, {}};
const Place kTooOld{kOldDriver, {16 * kGiB}};
const Place kNoGpu{kDriver, {}};
const Place kOneGpu{kDriver, {16 * kGiB}};
const Place kNotReady{kDriver, {16 * kGiB}, 802};
const Place kNamedTwice{kDriver, {}, 101};
const Place kTwoGpus{kDriver, {16 * kGiB, 16 * kGiB}};

const Build kPython{true, 13, false};
const Build kPythonCpu{true, 0, false};
const Build kTrusting{true, 13, true};
const Build kCpp{false, 13, false};
const Build kCppCpu{false, 0, false};

DeviceMap Saved(Format format, const std::vector<std::string>& tags, std::uint64_t bytes = 1024) {
  DeviceMap map;
  map.format = format;
  for (const std::string& tag : tags) {
    map.storages.push_back({std::to_string(map.storages.size()), tag, "float32", bytes});
  }
  return map;
}

const DeviceMap kZip = Saved(Format::kZip, {"cuda:0"});
const DeviceMap kSecond = Saved(Format::kZip, {"cuda:1"});
const DeviceMap kBothTags = Saved(Format::kZip, {"cuda:0", "cuda:1"});
const DeviceMap kFromCpu = Saved(Format::kZip, {"cpu"});
const DeviceMap kLarge = Saved(Format::kZip, {"cuda:0", "cuda:0"}, 9 * kGiB);
const DeviceMap kLargeCpu = Saved(Format::kZip, {"cpu", "cpu"}, 9 * kGiB);
const DeviceMap kLegacy = Saved(Format::kLegacy, {"cuda:0"});
const DeviceMap kScript = Saved(Format::kTorchScript, {"cuda:0"});
const DeviceMap kScriptSecond = Saved(Format::kTorchScript, {"cuda:1"});
const DeviceMap kScriptCpu = Saved(Format::kTorchScript, {"cpu"});
const DeviceMap kScriptLarge = Saved(Format::kTorchScript, {"cuda:0"}, 17 * kGiB);
const DeviceMap kArchive = Saved(Format::kArchive, {"cuda:0"});
const DeviceMap kPickle = Saved(Format::kPickleSave, {"cuda:0"});
const DeviceMap kNothing = Saved(Format::kZip, {});

DeviceMap WithTag(DeviceMap map, checkpoint::Place place) {
  map.tags.push_back({place, "cuda:0", "data.pkl", 0, "", ""});
  return map;
}
const DeviceMap kTraced = WithTag(kScriptCpu, checkpoint::Place::kCodeLiteral);
// A device held as data is not asked for.
const DeviceMap kStored = WithTag(kScriptCpu, checkpoint::Place::kDeviceObject);

// Asked for before any storage.
DeviceMap WithGlobals(DeviceMap map, const std::vector<std::string>& globals) {
  for (const std::string& global : globals) map.globals.push_back({global, {}});
  return map;
}
DeviceMap WithGlobalAfter(DeviceMap map, std::uint32_t storages) {
  map.globals.push_back({"argparse.Namespace", {storages, 100}});
  return map;
}
constexpr std::uint8_t kPersid = checkpoint::kOpcodePersid;
constexpr std::uint8_t kFrame = 149;  // of pickle protocols 4 and 5
DeviceMap WithOpcode(DeviceMap map, std::uint8_t code, std::uint32_t storages) {
  map.opcodes.push_back({code, {storages, 2}});
  return map;
}
const DeviceMap kModule = WithGlobals(kFromCpu, {"torch._utils._rebuild_tensor_v2", "mymodel.Net"});

struct Row {
  const char* name;
  DeviceMap subject;
  Place place;
  Build build;
  const char* strategy;
  const char* expected;  // Prediction::Text()
};

// torch.load, restoring by tag: it asks torch.cuda.is_available() and says one thing.
std::vector<Row> RestoredByTorchLoad() {
  return {
      {"tag, CPU build", kZip, kTwoGpus, kPythonCpu, "as-saved",
       "raises deserialize-no-cuda in load"},
      {"tag, no driver", kZip, kNoDriver, kPython, "as-saved",
       "raises deserialize-no-cuda in load"},
      {"tag, old driver", kZip, kTooOld, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"tag, no GPU", kZip, kNoGpu, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"tag, fewer", kSecond, kOneGpu, kPython, "as-saved",
       "raises deserialize-no-such-gpu in load"},
      {"tag, memory", kLarge, kOneGpu, kPython, "as-saved", "raises out-of-memory in load"},
      {"tag, there", kZip, kOneGpu, kPython, "as-saved", "loads"},
      {"both tags", kBothTags, kTwoGpus, kPython, "as-saved", "loads"},
      {"one of both", kBothTags, kOneGpu, kPython, "as-saved",
       "raises deserialize-no-such-gpu in load"},
      {"legacy too", kLegacy, kNoDriver, kPython, "as-saved", "raises deserialize-no-cuda in load"},
      {"from the CPU", kFromCpu, kNoDriver, kPython, "as-saved", "loads"},
      {"nothing in it", kNothing, kNoDriver, kPython, "as-saved", "loads"},
  };
}

// ATen: each trouble has its own words.
std::vector<Row> RestoredByAten() {
  return {
      {"script, CPU build", kScript, kTwoGpus, kCppCpu, "as-saved", "raises cpu-build in load"},
      {"script, no driver", kScript, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"script, old driver", kScript, kTooOld, kCpp, "as-saved", "raises driver-too-old in load"},
      {"script, no GPU", kScript, kNoGpu, kCpp, "as-saved", "raises no-gpus in load"},
      {"script, fewer", kScriptSecond, kOneGpu, kCpp, "as-saved", "raises invalid-ordinal in load"},
      {"script, memory", kScriptLarge, kOneGpu, kCpp, "as-saved", "raises out-of-memory in load"},
      {"script, no index", kScriptCpu, kNoDriver, kCppCpu, "map-location=cuda",
       "raises not-linked in load"},
      {"script, index", kScriptCpu, kNoDriver, kCppCpu, "map-location=cuda:0",
       "raises cpu-build in load"},
      {"no index, no driver", kScriptCpu, kNoDriver, kCpp, "map-location=cuda",
       "raises driver-too-old in load"},
      {"no index, old driver", kScriptCpu, kTooOld, kCpp, "map-location=cuda",
       "raises driver-too-old in load"},
      {"no index, no GPU", kScriptCpu, kNoGpu, kCpp, "as-saved-then-to=cuda",
       "raises no-capable-device in move"},
      {"no index, CUDA fails", kScriptCpu, kNotReady, kCpp, "as-saved-then-to=cuda",
       "raises start-failed in move"},
      {"no index, a GPU twice", kScriptCpu, kNamedTwice, kCpp, "as-saved-then-to=cuda",
       "raises invalid-ordinal in move"},
      {"no index, moved, CPU build", kScriptCpu, kOneGpu, kCppCpu, "as-saved-then-to=cuda",
       "raises not-linked in move"},
      {"no index, Python", kScriptCpu, kNoDriver, kPython, "as-saved-then-to=cuda",
       "raises no-driver in move"},
      {"script in Python", kScript, kNoDriver, kPython, "as-saved", "raises no-driver in load"},
      {"archive in C++", kArchive, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"archive in Python", kArchive, kNoGpu, kPython, "as-saved", "raises no-gpus in load"},
      {"pickle_save in C++", kPickle, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
      {"zip in C++", kZip, kNoDriver, kCpp, "as-saved", "raises no-driver in load"},
  };
}

// A map given to torch.jit.load is checked by torch.load's own check.
std::vector<Row> MappedScripts() {
  return {
      {"script, mapped", kScript, kNoDriver, kPython, "map-location=cuda:0",
       "raises deserialize-no-cuda in load"},
      {"script, mapped in C++", kScript, kNoDriver, kCpp, "map-location=cuda:0",
       "raises no-driver in load"},
      {"script, mapped beyond", kScript, kOneGpu, kPython, "map-location=cuda:1",
       "raises deserialize-no-such-gpu in load"},
      {"script, mapped away", kScript, kNoDriver, kCpp, "map-location=cpu", "loads"},
  };
}

// Where a strategy restores to.
std::vector<Row> Maps() {
  return {
      {"map to the CPU", kZip, kNoDriver, kPython, "map-location=cpu", "loads"},
      {"map to meta", kZip, kNoDriver, kPython, "map-location=meta", "loads"},
      {"map to a GPU", kFromCpu, kNoDriver, kPython, "map-location=cuda",
       "raises deserialize-no-cuda in load"},
      {"map elsewhere", kSecond, kOneGpu, kPython, "map-location=cuda:0", "loads"},
      {"dict, complete", kSecond, kOneGpu, kPython, "remap=cuda:1>cuda:0", "loads"},
      {"dict, incomplete", kBothTags, kOneGpu, kPython, "remap=cuda:0>cpu",
       "raises deserialize-no-such-gpu in load"},
      {"callable keeps", kZip, kNoDriver, kPython, "callable=keep", "loads"},
      {"callable declines", kZip, kNoDriver, kPython, "callable=none",
       "raises deserialize-no-cuda in load"},
      {"callable moves", kZip, kNoDriver, kPython, "callable=cuda:0", "raises no-driver in load"},
      {"mmap as saved", kZip, kNoDriver, kPython, "mmap", "raises deserialize-no-cuda in load"},
      {"mmap to the CPU", kZip, kNoDriver, kPython, "mmap=cpu", "loads"},
  };
}

// The second step.
std::vector<Row> SecondSteps() {
  return {
      {"then to the CPU", kZip, kNoDriver, kPython, "as-saved-then-to=cpu",
       "raises deserialize-no-cuda in load"},
      {"then to a GPU", kFromCpu, kNoDriver, kPython, "as-saved-then-to=cuda:0",
       "raises no-driver in move"},
      {"CPU, then no driver", kZip, kNoDriver, kPython, "cpu-then-to=cuda:0",
       "raises no-driver in move"},
      {"CPU, then no GPU", kZip, kNoGpu, kPython, "cpu-then-to=cuda:0", "raises no-gpus in move"},
      {"CPU, then too far", kZip, kOneGpu, kPython, "cpu-then-to=cuda:1",
       "raises invalid-ordinal in move"},
      {"CPU, then too much", kLargeCpu, kOneGpu, kPython, "cpu-then-to=cuda:0",
       "raises out-of-memory in move"},
      {"CPU, then there", kZip, kTwoGpus, kPython, "cpu-then-to=cuda:1", "loads"},
      {"nothing to move", kNothing, kNoDriver, kPython, "cpu-then-to=cuda:0", "loads"},
      {"parts, one missing", kZip, kOneGpu, kPython, "parts=cuda:0,cuda:1",
       "raises invalid-ordinal in move"},
      {"parts, there", kZip, kTwoGpus, kPython, "parts=cuda:0,cuda:1", "loads"},
      {"parts share the memory", kLargeCpu, kTwoGpus, kPython, "parts=cuda:0,cuda:1", "loads"},
  };
}

// What a language or a format has no way to do.
std::vector<Row> NoWay() {
  return {
      {"dict in C++", kScript, kTwoGpus, kCpp, "remap=cuda:0>cpu", "unsupported"},
      {"callable in C++", kScript, kTwoGpus, kCpp, "callable=keep", "unsupported"},
      {"mmap in C++", kScript, kTwoGpus, kCpp, "mmap", "unsupported"},
      {"map of pickle_load", kPickle, kTwoGpus, kCpp, "map-location=cpu", "unsupported"},
      {"CPU of pickle_load", kZip, kTwoGpus, kCpp, "cpu-then-to=cuda:0", "unsupported"},
      {"parts of pickle_load", kZip, kTwoGpus, kCpp, "parts=cpu,cuda:0", "unsupported"},
      {"legacy in C++", kLegacy, kTwoGpus, kCpp, "as-saved", "unsupported"},
      {"dict to torch.jit.load", kScript, kTwoGpus, kPython, "remap=cuda:0>cpu",
       "raises jit-map-type in load"},
      {"callable to torch.jit.load", kScript, kTwoGpus, kPython, "callable=keep",
       "raises jit-map-type in load"},
      {"mmap of a script", kScript, kTwoGpus, kPython, "mmap=cpu", "unsupported"},
      {"mmap of legacy", kLegacy, kTwoGpus, kPython, "mmap=cpu", "raises mmap-legacy in load"},
      {"calling no module", kZip, kTwoGpus, kPython, "forward", "unsupported"},
  };
}

// Weights_only.
std::vector<Row> WeightsOnly() {
  return {
      {"a class of its own", kModule, kNoDriver, kPython, "as-saved",
       "raises weights-only in load"},
      {"refused before the tag", kModule, kNoDriver, kPython, "map-location=cuda",
       "raises weights-only in load"},
      {"trusted", kModule, kNoDriver, kTrusting, "as-saved", "loads"},
      {"the tag before the class", WithGlobalAfter(kZip, 1), kNoDriver, kPython, "as-saved",
       "raises deserialize-no-cuda in load"},
      {"mapped, and then the class", WithGlobalAfter(kZip, 1), kNoDriver, kPython,
       "map-location=cpu", "raises weights-only in load"},
      {"the class before the second tag", WithGlobalAfter(kBothTags, 1), kOneGpu, kPython,
       "as-saved", "raises weights-only in load"},
      {"the class after the second tag", WithGlobalAfter(kBothTags, 2), kOneGpu, kPython,
       "as-saved", "raises deserialize-no-such-gpu in load"},
      {"another protocol", WithOpcode(kFromCpu, kFrame, 0), kNoDriver, kPython, "as-saved",
       "raises weights-only-opcode in load"},
      {"another protocol, trusted", WithOpcode(kFromCpu, kFrame, 0), kNoDriver, kTrusting,
       "as-saved", "loads"},
      {"storages named by text, trusted", WithOpcode(kFromCpu, kPersid, 0), kNoDriver, kTrusting,
       "map-location=cpu", "raises text-storage-id in load"},
      {"storages named by text", WithOpcode(kFromCpu, kPersid, 0), kNoDriver, kPython,
       "map-location=cpu", "raises weights-only-opcode in load"},
      {"a legacy file of a newer dtype", WithGlobals(kLegacy, {"torch.storage.UntypedStorage"}),
       kNoDriver, kTrusting, "map-location=cpu", "raises untyped-legacy in load"},
      {"a zip of a newer dtype", WithGlobals(kZip, {"torch.storage.UntypedStorage"}), kNoDriver,
       kPython, "map-location=cpu", "loads"},
      {"an opcode that is known", WithOpcode(kFromCpu, 'c', 0), kNoDriver, kPython, "as-saved",
       "loads"},
      {"the opcode before the class", WithOpcode(kModule, kFrame, 0), kNoDriver, kPython,
       "as-saved", "raises weights-only in load"},
  };
}

DeviceMap WithMeta(DeviceMap map) {
  map.tensors.push_back({"w", "float32", {2}, 8, "", "meta", "data.pkl"});
  return map;
}

DeviceMap WithConstants(const std::vector<std::string>& dtypes) {
  DeviceMap map = Saved(Format::kTorchScript, {});
  for (const std::string& dtype : dtypes) {
    map.storages.push_back({"constants/" + std::to_string(map.storages.size()), "cpu", dtype, 16});
  }
  return map;
}
const DeviceMap kFrozen = WithConstants({"float32", "float32"});
const DeviceMap kConstants = WithConstants({"float32", "int64"});

// LibTorch's own unpickler.
const DeviceMap kOtherProtocol = WithOpcode(kZip, checkpoint::kOpcodeProto, 0);
std::vector<Row> ReadByLibTorch() {
  return {
      {"protocol 0 in C++", WithOpcode(kZip, kPersid, 0), kOneGpu, kCpp, "as-saved",
       "raises not-a-pickle in load"},
      {"another protocol in C++", kOtherProtocol, kNoDriver, kCpp, "as-saved",
       "raises unpickler-protocol in load"},
      {"another vendor's tag in C++", Saved(Format::kZip, {"npu:0"}), kNoDriver, kCpp, "as-saved",
       "raises bad-device-string in load"},
      {"a tag that is no device's, mapped", Saved(Format::kTorchScript, {"npu:0"}), kNoDriver, kCpp,
       "map-location=cpu", "raises bad-device-string in load"},
      {"the map is looked at first", Saved(Format::kTorchScript, {"npu:0"}), kNoDriver, kPython,
       "map-location=cuda:0", "raises deserialize-no-cuda in load"},
      {"Apple's in C++", Saved(Format::kTorchScript, {"mps:0"}), kNoDriver, kCpp, "as-saved",
       "raises missing-backend in load"},
      {"Apple's in C++, mapped", Saved(Format::kTorchScript, {"mps:0"}), kNoDriver, kCpp,
       "map-location=cpu", "loads"},
      {"quantised onto meta", WithGlobals(kZip, {"torch._utils._rebuild_qtensor"}), kNoDriver,
       kPython, "map-location=meta", "raises missing-backend in load"},
      {"constants of one type onto meta", kFrozen, kNoDriver, kCpp, "map-location=meta",
       "raises missing-backend in load"},
      {"constants of two types onto meta", kConstants, kNoDriver, kCpp, "map-location=meta",
       "loads"},
      {"constants stay where they are", kFrozen, kNoDriver, kCpp, "as-saved-then-to=cuda:0",
       "loads"},
      {"constants are restored", kFrozen, kNoDriver, kCpp, "map-location=cuda:0",
       "raises no-driver in load"},
      {"nested onto meta", WithGlobals(kZip, {"torch._utils._rebuild_nested_tensor"}), kNoDriver,
       kPython, "map-location=meta", "raises missing-backend in load"},
      {"a map without anything to map", WithConstants({}), kNoDriver, kPython,
       "map-location=cuda:0", "raises deserialize-no-cuda in load"},
      {"a map without anything to map, C++", WithConstants({}), kNoDriver, kCpp,
       "map-location=cuda:0", "loads"},
      {"meta, mapped", Saved(Format::kTorchScript, {"meta"}), kNoDriver, kCpp,
       "map-location=cuda:0", "loads"},
      {"meta, moved", WithMeta(kScriptCpu), kNoDriver, kPython, "as-saved-then-to=cpu",
       "raises meta-copy in move"},
      {"meta, moved where there is no GPU", WithMeta(kNothing), kNoDriver, kPython,
       "as-saved-then-to=cuda:0", "raises no-driver in move"},
      {"quantised onto the CPU", WithGlobals(kZip, {"torch._utils._rebuild_qtensor"}), kNoDriver,
       kPython, "map-location=cpu", "loads"},
  };
}

// Tags of other devices.
std::vector<Row> ForeignTags() {
  return {
      {"Apple's", Saved(Format::kZip, {"mps"}), kTwoGpus, kPython, "as-saved",
       "raises mps-tag in load"},
      {"another's", Saved(Format::kZip, {"npu:0"}), kTwoGpus, kPython, "as-saved",
       "raises unknown-tag in load"},
      {"no device's name", Saved(Format::kZip, {"cuda:01"}), kTwoGpus, kPython, "as-saved",
       "raises bad-device-string in load"},
      {"beyond any GPU's number", Saved(Format::kZip, {"cuda:128"}), kTwoGpus, kPython, "as-saved",
       "raises bad-device-string in load"},
      {"without a number", Saved(Format::kZip, {"cuda:"}), kTwoGpus, kPython, "as-saved",
       "raises bad-device-string in load"},
      {"cpu with a number", Saved(Format::kZip, {"cpu:0"}), kNoDriver, kPython, "as-saved",
       "raises unknown-tag in load"},
      {"mapped to cpu with a number", kZip, kNoDriver, kPython, "map-location=cpu:0",
       "raises unknown-tag in load"},
      {"cpu with a number, TorchScript", Saved(Format::kTorchScript, {"cpu:0"}), kNoDriver, kCpp,
       "as-saved", "loads"},
      {"another's, mapped", Saved(Format::kZip, {"npu:0"}), kNoDriver, kPython, "map-location=cpu",
       "loads"},
  };
}

// A device in TorchScript code.
std::vector<Row> DevicesInCode() {
  return {
      {"traced, loaded", kTraced, kNoDriver, kPython, "as-saved", "loads"},
      {"traced, called", kTraced, kNoDriver, kPython, "forward=cpu", "raises no-driver in use"},
      {"traced, called in C++", kTraced, kNoGpu, kCpp, "forward", "raises no-gpus in use"},
      {"traced, there", kTraced, kOneGpu, kPython, "forward", "loads"},
      {"held as data", kStored, kNoDriver, kPython, "forward", "loads"},
      {"called where it was saved", kScript, kNoDriver, kPython, "forward",
       "raises no-driver in load"},
      {"called with a map", kScript, kNoDriver, kPython, "forward=cuda:0",
       "raises deserialize-no-cuda in load"},
  };
}

DeviceMap FromNumpy(const std::string& device) {
  DeviceMap map = WithGlobals(Saved(Format::kZip, {}),
                              {"torch._utils._rebuild_device_tensor_from_numpy", "numpy.dtype"});
  map.tags.push_back({checkpoint::Place::kRebuildArgument, device, "data.pkl", 0, "", "w"});
  return map;
}

DeviceMap Compiled() {
  DeviceMap map = Saved(Format::kExportedProgram, {});
  map.warnings.push_back({"compiled (AOTInductor) for cpu", checkpoint::Concern::kCompiled});
  return map;
}

const DeviceMap kPackage = Saved(Format::kPackage, {"cuda:0"});
const DeviceMap kPlain = Saved(Format::kPlainPickle, {"cuda:0"});
const DeviceMap kExported = Saved(Format::kExportedProgram, {"cuda:0"});
const DeviceMap kSafetensors = Saved(Format::kSafetensors, {""});
const DeviceMap kShards = Saved(Format::kShardedIndex, {"cuda:0", "cuda:1"});
const DeviceMap kDistributed = Saved(Format::kDistributed, {"cuda:0"});

// Formats that have functions of their own.
std::vector<Row> FurtherFormats() {
  return {
      {"package, not trusted", kPackage, kTwoGpus, kPython, "as-saved", "unsupported"},
      {"package", kPackage, kNoDriver, kTrusting, "as-saved", "raises deserialize-no-cuda in load"},
      {"package, dict", kPackage, kNoDriver, kTrusting, "remap=cuda:0>cpu", "loads"},
      {"package, meta", kPackage, kNoDriver, kTrusting, "map-location=meta",
       "raises package-meta in load"},
      {"package, mmap", kPackage, kNoDriver, kTrusting, "mmap=cpu", "unsupported"},
      {"plain, not trusted", kPlain, kTwoGpus, kPython, "as-saved", "unsupported"},
      {"plain", kPlain, kNoDriver, kTrusting, "as-saved", "raises deserialize-no-cuda in load"},
      {"plain, no map", kPlain, kNoDriver, kTrusting, "map-location=cpu", "unsupported"},
      {"plain, then away", kPlain, kTwoGpus, kTrusting, "as-saved-then-to=cpu", "loads"},
      {"exported, not trusted", kExported, kTwoGpus, kPython, "as-saved", "unsupported"},
      {"exported", kExported, kNoDriver, kTrusting, "as-saved", "raises export-load in load"},
      {"exported, before 2.8", kExported, kOneGpu, Build{true, 12, true, {2, 6}}, "as-saved",
       "raises export-version in load"},
      {"safetensors, before 2.7", kSafetensors, kNoDriver, Build{true, 12, false, {2, 6}},
       "map-location=cuda:0", "raises no-pinned-memory in load"},
      {"safetensors, before 2.7, there", kSafetensors, kOneGpu, Build{true, 12, false, {2, 6}},
       "map-location=cuda:0", "loads"},
      {"compiled", Compiled(), kOneGpu, kTrusting, "as-saved", "unsupported"},
      {"exported, there", kExported, kOneGpu, kTrusting, "as-saved", "loads"},
      {"exported, no map", kExported, kNoDriver, kTrusting, "map-location=cpu", "unsupported"},
      {"safetensors", kSafetensors, kNoDriver, kPython, "as-saved", "loads"},
      {"safetensors, device", kSafetensors, kNoDriver, kPython, "map-location=cuda:0",
       "raises no-driver in load"},
      {"safetensors, meta", kSafetensors, kOneGpu, kPython, "map-location=meta",
       "raises safetensors-device in load"},
      {"safetensors, a word", kSafetensors, kOneGpu, kPython, "bad-map=cuda1",
       "raises safetensors-device in load"},
      {"safetensors, a number", kSafetensors, kOneGpu, kPython, "bad-map=0", "loads"},
      {"safetensors, no such GPU", kSafetensors, kOneGpu, kPython, "bad-map=1",
       "raises invalid-ordinal in load"},
      {"safetensors, dict", kSafetensors, kOneGpu, kPython, "remap=cuda:0>cpu", "unsupported"},
      {"shards", kShards, kOneGpu, kPython, "as-saved", "raises deserialize-no-such-gpu in load"},
      {"shards, mapped", kShards, kNoDriver, kPython, "mmap=cpu", "loads"},
      {"distributed", kDistributed, kNoDriver, kPython, "as-saved", "loads"},
      {"distributed, map", kDistributed, kNoDriver, kPython, "map-location=cpu", "unsupported"},
      {"package in C++", kPackage, kTwoGpus, kCpp, "as-saved", "unsupported"},
      {"safetensors in C++", kSafetensors, kTwoGpus, kCpp, "as-saved", "unsupported"},
      {"exported in C++", kExported, kTwoGpus, kCpp, "as-saved", "unsupported"},
  };
}

// A device that is an argument of a rebuild function.
std::vector<Row> RebuildArguments() {
  return {
      {"numpy refused", FromNumpy("cuda:0"), kNoDriver, kPython, "as-saved",
       "raises weights-only in load"},
      {"as saved", FromNumpy("cuda:0"), kNoDriver, kTrusting, "as-saved",
       "raises no-driver in load"},
      {"mapped", FromNumpy("cuda:0"), kNoDriver, kTrusting, "map-location=cpu", "loads"},
      {"by a dict", FromNumpy("cuda:0"), kNoDriver, kTrusting, "remap=cuda:0>cpu", "loads"},
      {"by a callable", FromNumpy("cuda:0"), kOneGpu, kTrusting, "callable=keep",
       "raises callable-map in load"},
  };
}

class PredictRow : public testing::TestWithParam<std::vector<Row> (*)()> {};

TEST_P(PredictRow, IsPredicted) {
  for (const Row& row : GetParam()()) {
    const Prediction prediction =
        Predict(row.subject, row.place, row.build, ParseStrategy(row.strategy));
    EXPECT_EQ(prediction.Text(), row.expected) << row.name;
    EXPECT_THAT(prediction.reason, Not(IsEmpty())) << row.name;
    EXPECT_THAT(prediction.reason, Not(HasSubstr("{"))) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, PredictRow,
                         testing::Values(RestoredByTorchLoad, RestoredByAten, MappedScripts, Maps,
                                         SecondSteps, NoWay, WeightsOnly, ForeignTags,
                                         ReadByLibTorch, DevicesInCode, FurtherFormats,
                                         RebuildArguments));

TEST(Predict, AFailureHasARemedyForTheLanguageAndTheFormat) {
  struct Remedy {
    Format format;
    Build build;
    const char* expected;
  };
  for (const Remedy& row :
       {Remedy{Format::kZip, kPython, "torch.load(path, map_location='cpu')"},
        Remedy{Format::kTorchScript, kPython, "torch.jit.load(path, map_location='cpu')"},
        Remedy{Format::kTorchScript, kCpp, "torch::jit::load(path, torch::kCPU)"},
        Remedy{Format::kArchive, kCpp, "archive.load_from(path, torch::kCPU)"},
        Remedy{Format::kPickleSave, kCpp, "portcullis retag FILE --to cpu"},
        Remedy{Format::kLegacy, kPython, "torch.load(path, map_location='cpu')"},
        Remedy{Format::kShardedIndex, kPython,
               "torch.load(shard, map_location='cpu') of every shard"},
        Remedy{Format::kPackage, kTrusting,
               "torch.package.PackageImporter(path).load_pickle(package, resource, "
               "map_location='cpu')"},
        Remedy{Format::kExportedProgram, kTrusting, "portcullis retag FILE --to cpu"},
        Remedy{Format::kPlainPickle, kTrusting,
               "load it where the GPU is and write it with torch.save, which takes a map"}}) {
    const auto failure =
        Predict(Saved(row.format, {"cuda:0"}), kNoDriver, row.build, ParseStrategy("as-saved"));
    EXPECT_EQ(failure.remedy, row.expected);
  }
  const auto success = Predict(Saved(Format::kZip, {"cpu"}), kNoDriver, kPython, {});
  EXPECT_EQ(success.remedy, "");
}

TEST(Predict, ARemedyDoesNotMeetTheNextError) {
  const auto refused = Predict(WithGlobalAfter(kZip, 1), kNoDriver, kPython, {});
  EXPECT_EQ(refused.error, "deserialize-no-cuda");
  EXPECT_EQ(refused.remedy,
            "torch.load(path, map_location='cpu', weights_only=False), if you trust whoever made "
            "the file");
  const auto untyped = Predict(WithGlobals(kLegacy, {"torch.storage.UntypedStorage"}), kNoDriver,
                               kPython, ParseStrategy("map-location=cpu"));
  EXPECT_THAT(untyped.remedy, HasSubstr("without _use_new_zipfile_serialization=False"));
  // Trusting it would meet the next one.
  const auto text = Predict(WithOpcode(kZip, kPersid, 1), kNoDriver, kPython, {});
  EXPECT_EQ(text.error, "deserialize-no-cuda");
  EXPECT_THAT(text.remedy, HasSubstr("without pickle_protocol"));
  const auto other = Predict(kOtherProtocol, kOneGpu, kCpp, {});
  EXPECT_THAT(other.remedy, HasSubstr("{k: v.cpu() for k, v in model.state_dict().items()}"));
}

// A dict that a C++ program can read, whatever the tags are.
TEST(Predict, TheRemedyForAStateDictInCppIsAPlainDict) {
  DeviceMap state_dict = WithOpcode(kZip, checkpoint::kOpcodeProto, 0);
  state_dict.opcodes[0].next = 2;
  state_dict.globals.push_back({"collections.OrderedDict", {0, 2}, checkpoint::PicklePoint{1, 9}});
  const auto gpu = Predict(state_dict, kOneGpu, kCpp, {});
  EXPECT_EQ(gpu.error, "pickle-not-a-dict");
  EXPECT_THAT(gpu.remedy, HasSubstr("a plain dict of tensors"));
  const auto none = Predict(state_dict, kNoDriver, kCpp, {});
  EXPECT_EQ(none.error, "no-driver");
  EXPECT_THAT(none.remedy, HasSubstr("a plain dict of tensors"));
}

TEST(Predict, TheReasonNamesTheDeviceAndWhatIsVisible) {
  const auto beyond = Predict(Saved(Format::kZip, {"cuda:3"}), kTwoGpus, kPython, {});
  EXPECT_EQ(beyond.reason, "the tag cuda:3 names a GPU beyond the 2 visible");
  const auto code = Predict(Saved(Format::kTorchScript, {"cuda:3"}), kTwoGpus, kCpp, {});
  EXPECT_EQ(code.reason, "cuda:3 is asked for and only 2 GPUs are visible");
}

TEST(Predict, MemoryIsCountedByGpu) {
  const auto two = Saved(Format::kZip, {"cuda:0", "cuda:1"}, 16 * kGiB);
  EXPECT_TRUE(Predict(two, kTwoGpus, kPython, {}).loads);
  EXPECT_EQ(Predict(two, kTwoGpus, kPython, ParseStrategy("map-location=cuda:0")).error,
            "out-of-memory");
}

TEST(Predict, AnOlderMajorOfTheDriverIsTooOldAnOlderMinorIsNot) {
  const auto zip = Saved(Format::kTorchScript, {"cuda:0"});
  EXPECT_EQ(Predict(zip, {12090, {kGiB}}, kCpp, {}).error, "driver-too-old");
  EXPECT_TRUE(Predict(zip, {13000, {kGiB}}, {false, 13, false}, {}).loads);
  EXPECT_TRUE(Predict(zip, {12020, {kGiB}}, {false, 12, false}, {}).loads);
}

TEST(Predict, WhereCudaDoesNotStartTheGpusDoNotMatter) {
  const Place repeated{kDriver, {}, 101};       // CUDA_VISIBLE_DEVICES=0,0
  const Place not_ready{kDriver, {kGiB}, 802};  // cudaErrorSystemNotReady
  for (const Place& place : {repeated, not_ready}) {
    EXPECT_EQ(Predict(kZip, place, kPython, {}).error, "deserialize-no-cuda");
    EXPECT_EQ(Predict(kScript, place, kCpp, {}).error, "start-failed");
    EXPECT_EQ(Predict(kFromCpu, place, kPython, ParseStrategy("cpu-then-to=cuda:0")).error,
              "start-failed");
    EXPECT_TRUE(Predict(kZip, place, kPython, ParseStrategy("map-location=cpu")).loads);
  }
  EXPECT_EQ(Predict(kScript, repeated, kCpp, {}).reason,
            "cuda:0 is asked for and CUDA does not start (error 101)");
}

TEST(Predict, TorchLoadGoesByPyTorchsOwnCountOfAMask) {
  const std::vector<std::string> uuids{"GPU-aa", "GPU-bb"};
  const Place repeated{kDriver, {kGiB}, 0, "0,9,0", uuids};  // the driver stops at the 9
  const auto fails = Predict(kZip, repeated, kPython, {});
  EXPECT_EQ(fails.error, "deserialize-no-such-gpu");
  EXPECT_EQ(
      fails.reason,
      "the tag cuda:0 names a GPU beyond the 0 that PyTorch reads in the mask 0,9,0, of which "
      "the driver makes 1");
  EXPECT_TRUE(Predict(kScript, repeated, kCpp, {}).loads) << "ATen asks the driver";
  EXPECT_TRUE(Predict(kZip, repeated, kPython, ParseStrategy("cpu-then-to=cuda:0")).loads);

  const Place fewer{kDriver, {kGiB}, 0, "0,1", uuids};
  EXPECT_EQ(Predict(kSecond, fewer, kPython, {}).error, "invalid-ordinal")
      << "torch.load's own check passes";
}

TEST(Destination, OfEachStrategy) {
  struct Way {
    const char* tag;
    const char* strategy;
    const char* expected;
  };
  for (const Way& way :
       {Way{"cuda:1", "as-saved", "cuda:1"}, Way{"cuda:1", "as-saved-then-to=cpu", "cpu"},
        Way{"cuda:1", "as-saved-then-to=cuda", "cuda:0"},
        Way{"cuda:1", "map-location=cuda", "cuda:0"}, Way{"cuda:1", "map-location=meta", "meta"},
        Way{"cuda:1", "remap=cuda:1>cuda:0", "cuda:0"},
        Way{"cuda:0", "remap=cuda:1>cuda:0", "cuda:0"},
        Way{"cuda:2", "remap=cuda:1>cuda:0", "cuda:2"}, Way{"cuda:1", "callable=keep", "cpu"},
        Way{"cuda:1", "callable=none", "cuda:1"}, Way{"cuda:1", "callable=cuda:2", "cuda:2"},
        Way{"cuda:1", "cpu-then-to=cuda:0", "cuda:0"}, Way{"cuda:1", "parts=cuda:0,cpu", ""},
        Way{"cuda:1", "mmap", "cuda:1"}, Way{"cuda:1", "mmap=cpu", "cpu"},
        Way{"cuda:1", "forward=cpu", "cpu"}}) {
    EXPECT_EQ(Destination(way.tag, ParseStrategy(way.strategy)), way.expected)
        << way.tag << " " << way.strategy;
  }
}

TEST(PartDevices, InOrder) {
  EXPECT_THAT(PartDevices(ParseStrategy("parts=cuda:1,cpu,cuda:0")),
              testing::ElementsAre("cuda:1", "cpu", "cuda:0"));
}

}  // namespace
}  // namespace portcullis::portability
