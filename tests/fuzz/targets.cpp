#include "tests/fuzz/targets.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/checkpoint/code_literals.h"
#include "src/checkpoint/error.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/json_scan.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/read.h"
#include "src/checkpoint/retag/plan.h"
#include "src/checkpoint/retag/verify.h"

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

Bytes AsBytes(const std::vector<std::uint8_t>& bytes) { return bytes; }

std::vector<std::uint8_t> AllOf(const checkpoint::Source& source) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.Size()));
  source.Read(0, bytes);
  return bytes;
}

// Every entry that is where it was holds the bytes that it held.
void CheckArchive(Bytes before, const std::vector<std::uint8_t>& after) {
  Require(after.size() > before.size() && std::equal(before.begin(), before.end(), after.begin()));
  const auto old_source = checkpoint::OverBytes(before, {"x", "", 0});
  const auto new_source = checkpoint::OverBytes(AsBytes(after), {"x", "", 0});
  const checkpoint::ZipArchive old_zip(*old_source);
  const checkpoint::ZipArchive new_zip(*new_source);
  Require(old_zip.entries().size() == new_zip.entries().size());
  for (std::size_t i = 0; i < old_zip.entries().size(); ++i) {
    const auto& was = old_zip.entries()[i];
    const auto& is = new_zip.entries()[i];
    Require(was.name == is.name);
    const bool stayed = was.header_offset == is.header_offset;
    Require(stayed ? was.size == is.size : is.header_offset >= before.size());
  }
}

// While a tail is being written, and after a stop, the file reads as the old one.
void CheckHalfWritten(Bytes before, const checkpoint::RetagBytes& planned,
                      const std::vector<std::uint8_t>& after) {
  std::vector<std::uint8_t> half(after.begin(),
                                 after.end() - static_cast<std::ptrdiff_t>(planned.end_size));
  half.insert(half.end(), planned.old_end.begin(), planned.old_end.end());
  const DeviceMap old_map = checkpoint::ReadDeviceMap(before, "x");
  const DeviceMap half_map = checkpoint::ReadDeviceMap(AsBytes(half), "x");
  Require(old_map.tags.size() == half_map.tags.size());
  for (std::size_t i = 0; i < old_map.tags.size(); ++i) {
    Require(old_map.tags[i].device == half_map.tags[i].device);
  }
}

// The result parses, only tags differ (PlanRetag refuses what it cannot do so), and there is a way
// back to the very bytes.
void RetagAs(Bytes bytes, const checkpoint::RetagWish& wish) {
  Answering([&] {
    const auto source = checkpoint::OverBytes(bytes, {"x", "", 0});
    const checkpoint::RetagPlan plan = checkpoint::PlanRetag(*source, wish);
    if (plan.bytes.result == nullptr || plan.bytes.base_size != bytes.size()) return;
    const std::vector<std::uint8_t> after = AllOf(*plan.bytes.result);
    const DeviceMap old_map = checkpoint::ReadDeviceMap(bytes, "x");
    const DeviceMap new_map = checkpoint::ReadDeviceMap(AsBytes(after), "x");
    CheckMap(new_map);
    Require(checkpoint::OnlyTagsDiffer(old_map, new_map, wish));
    if (plan.bytes.appends) {
      CheckArchive(bytes, after);
      CheckHalfWritten(bytes, plan.bytes, after);
    }
    const auto again = checkpoint::OverBytes(AsBytes(after), {"x", "", 0});
    const auto undo = checkpoint::FindUndo(*again);
    Require(undo.has_value());
    Require(AllOf(*undo->before) == std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  });
}

void RunRetag(Bytes bytes) {
  RetagAs(bytes, {checkpoint::DeviceMapping::To("cpu"), true});
  const std::array<std::string, 2> swap = {"cuda:0=cuda:11", "cpu=cuda:0"};
  RetagAs(bytes, {checkpoint::DeviceMapping::Pairs(swap), false});
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
    {"retag", RunRetag},
};

}  // namespace

std::span<const Target> Targets() { return kTargets; }

const Target* FindTarget(std::string_view name) {
  const auto* target = std::find_if(std::begin(kTargets), std::end(kTargets),
                                    [name](const Target& t) { return t.name == name; });
  return target == std::end(kTargets) ? nullptr : target;
}

}  // namespace portcullis::fuzz
