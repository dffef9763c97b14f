#include "tests/fuzz/targets.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "src/checkpoint/code_literals.h"
#include "src/checkpoint/error.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/json_scan.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/read.h"

namespace portcullis::fuzz {
namespace {

using checkpoint::Bytes;
using checkpoint::DeviceMap;
using checkpoint::Format;

void Require(bool holds) {
  if (!holds) std::abort();
}

// What holds of every device map, whatever it was read from.
void CheckMap(const DeviceMap& map) {
  std::set<std::string> keys;
  for (const auto& storage : map.storages) Require(keys.insert(storage.key).second);
  for (const auto& tensor : map.tensors) {
    Require(!tensor.name.empty());
    Require(tensor.storage.empty() || keys.contains(tensor.storage));
  }
  for (const auto& tag : map.tags) {
    Require(tag.place != checkpoint::Place::kStorageTag || !tag.storage.empty());
  }
}

// A CheckpointError is an answer; anything else is not caught.
template <typename Run>
void Answering(Run run) {
  try {
    run();
  } catch (const checkpoint::CheckpointError& error) {
    Require(std::string_view(error.what()).find("\n  next: ") != std::string_view::npos);
  }
}

void RunFile(Bytes bytes) {
  Answering([bytes] { CheckMap(checkpoint::ReadDeviceMap(bytes, "x")); });
}

template <Format format>
void RunFormat(Bytes bytes) {
  Answering([bytes] {
    const auto source = checkpoint::OverBytes(bytes, {"x", "", 0});
    std::optional<checkpoint::ZipArchive> zip;
    if (checkpoint::Starts(*source, 0, "PK\x03\x04")) zip.emplace(*source);
    const checkpoint::Candidate candidate{*source, zip ? &*zip : nullptr, std::nullopt, 0};
    for (const checkpoint::FormatReader& reader : checkpoint::FormatReaders()) {
      if (reader.format == format && reader.matches(candidate)) CheckMap(reader.read(candidate));
    }
  });
}

void RunPickle(Bytes bytes) {
  Answering([bytes] {
    constexpr std::uint64_t kBudget = 1 << 20;
    const auto source = checkpoint::OverBytes(bytes, {"x", "", 0});
    checkpoint::Budget budget(kBudget + 4 * bytes.size());
    checkpoint::Values values(budget);
    checkpoint::Cursor in(*source);
    const checkpoint::Ref root = checkpoint::ReadPickle(in, budget, values);
    checkpoint::MapBuilder builder("x", Format::kZip, bytes.size());
    checkpoint::Collect(values, root, {*source, "", "", nullptr}, builder);
    CheckMap(builder.map());
  });
}

void RunZip(Bytes bytes) {
  Answering([bytes] {
    const auto source = checkpoint::OverBytes(bytes, {"x", "", 0});
    const checkpoint::ZipArchive archive(*source);
    for (const auto& entry : archive.entries()) {
      Answering([&] { Require(archive.Open(entry)->Size() == entry.size); });
    }
  });
}

void RunJson(Bytes bytes) {
  Answering([bytes] {
    const auto source = checkpoint::OverBytes(bytes, {"x", "", 0});
    checkpoint::ScanJson(*source,
                         [bytes](const checkpoint::JsonPath&, const checkpoint::JsonValue& value) {
                           if (value.kind == checkpoint::JsonValue::Kind::kString)
                             Require(value.offset < bytes.size());
                         });
  });
}

void RunCode(Bytes bytes) {
  const std::string_view code(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto& literal : checkpoint::FindDevices(code)) {
    Require(literal.offset <= code.size());
  }
  checkpoint::DefinesFunction(code);
}

constexpr Target kTargets[] = {
    {"file", RunFile},
    {"zip", RunFormat<Format::kZip>},
    {"legacy", RunFormat<Format::kLegacy>},
    {"torchscript", RunFormat<Format::kTorchScript>},
    {"archive", RunFormat<Format::kArchive>},
    {"pickle-save", RunFormat<Format::kPickleSave>},
    {"package", RunFormat<Format::kPackage>},
    {"exported-program", RunFormat<Format::kExportedProgram>},
    {"safetensors", RunFormat<Format::kSafetensors>},
    {"sharded-index", RunFormat<Format::kShardedIndex>},
    {"distributed", RunFormat<Format::kDistributed>},
    {"plain-pickle", RunFormat<Format::kPlainPickle>},
    {"pickle", RunPickle},
    {"directory", RunZip},
    {"json", RunJson},
    {"code", RunCode},
};

}  // namespace

std::span<const Target> Targets() { return kTargets; }

const Target* FindTarget(std::string_view name) {
  const auto* target = std::find_if(std::begin(kTargets), std::end(kTargets),
                                    [name](const Target& t) { return t.name == name; });
  return target == std::end(kTargets) ? nullptr : target;
}

}  // namespace portcullis::fuzz
