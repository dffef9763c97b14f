// Owns: what a checkpoint says about devices, as data. Reading it is read.h's business.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/large_pages.h"
#include "src/checkpoint/shape.h"

namespace portcullis::checkpoint {

// The kinds of file that can be told apart; names in FormatName().
enum class Format {
  kZip,              // torch.save since 1.6
  kLegacy,           // torch.save before 1.6, and _use_new_zipfile_serialization=False
  kTorchScript,      // torch.jit.save, torch::jit::Module::save
  kArchive,          // C++ torch::serialize::OutputArchive (a TorchScript archive without methods)
  kPickleSave,       // C++ torch::pickle_save
  kPackage,          // torch.package
  kExportedProgram,  // .pt2
  kSafetensors,
  kShardedIndex,  // *.index.json that names shards
  kDistributed,   // torch.distributed.checkpoint directory with .metadata
  kPlainPickle,   // pickle with tensors inside
};

// "zip", "legacy", "torchscript", "archive", "pickle-save", "package", "exported-program",
// "safetensors", "sharded-index", "distributed", "plain-pickle".
std::string FormatName(Format format);

// The other way. Throws UsageError with the nearest name.
Format ParseFormat(const std::string& name);

// What kind of place names the device; decides which strategies can reach it.
enum class Place {
  kStorageTag,       // location of a storage: what map_location maps
  kDeviceObject,     // a torch.device stored as data: map_location does not touch it
  kRebuildArgument,  // a device argument of a rebuild function (_rebuild_device_tensor_from_numpy)
  kCodeLiteral,      // torch.device("cuda:0") in TorchScript code: no load argument reaches it
  kGraphConstant,    // a device in an exported program's graph
  kLookalike,        // a user's string that reads like a device and is none
};

// "storage tag", "device object", "rebuild argument", "code literal", "graph constant",
// "lookalike".
std::string PlaceName(Place place);

// One place that names a device.
struct DeviceTag {
  Place place = Place::kStorageTag;
  std::string device;        // as written: "cuda:0", "cpu", "npu:1"
  std::string member;        // archive member; "outer!inner" if nested; "" for a file without
  std::uint64_t offset = 0;  // of the string's first byte within the member (decompressed)
  std::string storage;       // storage key for kStorageTag, else ""
  std::string name;          // dotted path of the value or tensor, if it is not a storage's tag
};

// The name of what has no key on its way: the root of a pickle, or an empty key.
inline constexpr std::string_view kNoName = ".";

// One tensor as the checkpoint describes it.
struct TensorEntry {
  std::string name;         // dotted path: "model.0.weight"
  std::string dtype;        // "float32"
  Shape shape;              // elements per dimension
  std::uint64_t bytes = 0;  // shape × element size
  std::string storage;      // storage key; tensors that share a storage share the key
  std::string device;       // tag of its storage, "" if the file names no device for it
  std::string member;       // the pickle or header that describes it
};

// One storage: what is loaded, moved and counted.
struct StorageEntry {
  std::string key;     // as in the pickle; of a further pickle with its folder ("constants/0")
  std::string device;  // its tag
  std::string dtype;
  std::uint64_t bytes = 0;
};

// When unpickling comes to something. What is refused there has let the storages before it load.
struct PicklePoint {
  std::uint32_t storages_before = 0;  // of DeviceMap::storages
  std::uint64_t offset = 0;           // of the opcode within its pickle's member
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes the zero within for a pointer
  auto operator<=>(const PicklePoint&) const = default;
};

// A global that a pickle asks for, and an opcode that it holds: each once, where it first comes.
struct PickledGlobal {
  std::string name;  // "module.name"
  PicklePoint first;
  std::optional<PicklePoint> filled = {};  // an object of it is given items or a state
};
inline constexpr std::uint8_t kOpcodeProto = 0x80;
inline constexpr std::uint8_t kOpcodeLong1 = 0x8a;
inline constexpr std::uint8_t kOpcodePersid = 'P';  // an id as a line of text: protocol 0
struct PickledOpcode {
  std::uint8_t code = 0;
  PicklePoint first;
  std::uint8_t next = 0;  // the byte behind it there: the number of a PROTO, the size of a LONG1
};

// What a warning is about.
enum class Concern {
  kDeflated,  // mmap=True reads wrong weights
  kCompiled,  // code compiled for one kind of device
  kOther,
};

struct Warning {
  std::string text;  // "2 storage entries are deflated: …"
  Concern concern = Concern::kOther;
};

// A checkpoint may have very many of each.
template <typename Element>
using Many = std::vector<Element, LargePages<Element>>;

// Every device tag of one checkpoint.
struct DeviceMap {
  std::string path;
  Format format = Format::kZip;
  Many<StorageEntry> storages;
  Many<TensorEntry> tensors;
  Many<DeviceTag> tags;
  std::vector<PickledGlobal> globals;
  std::vector<PickledOpcode> opcodes;
  std::vector<Warning> warnings;
};

// Null: its pickles have none.
const PickledOpcode* FindOpcode(const DeviceMap& map, std::uint8_t code);

}  // namespace portcullis::checkpoint
