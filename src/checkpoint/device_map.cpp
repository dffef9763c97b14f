#include "src/checkpoint/device_map.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::checkpoint {
namespace {

struct FormatRow {
  Format format;
  std::string_view name;
};
constexpr FormatRow kFormats[] = {
    {Format::kZip, "zip"},
    {Format::kLegacy, "legacy"},
    {Format::kTorchScript, "torchscript"},
    {Format::kArchive, "archive"},
    {Format::kPickleSave, "pickle-save"},
    {Format::kPackage, "package"},
    {Format::kExportedProgram, "exported-program"},
    {Format::kSafetensors, "safetensors"},
    {Format::kShardedIndex, "sharded-index"},
    {Format::kDistributed, "distributed"},
    {Format::kPlainPickle, "plain-pickle"},
};

struct PlaceRow {
  Place place;
  std::string_view name;
};
constexpr PlaceRow kPlaces[] = {
    {Place::kStorageTag, "storage tag"},           {Place::kDeviceObject, "device object"},
    {Place::kRebuildArgument, "rebuild argument"}, {Place::kCodeLiteral, "code literal"},
    {Place::kGraphConstant, "graph constant"},     {Place::kLookalike, "lookalike"},
};

}  // namespace

std::string FormatName(Format format) {
  const auto* row = std::find_if(std::begin(kFormats), std::end(kFormats),
                                 [format](const FormatRow& r) { return r.format == format; });
  return std::string(row->name);
}

Format ParseFormat(const std::string& name) {
  std::vector<std::string> known;
  for (const FormatRow& row : kFormats) {
    if (row.name == name) return row.format;
    known.emplace_back(row.name);
  }
  throw UsageError(UnknownName("format", name, known));
}

const PickledOpcode* FindOpcode(const DeviceMap& map, std::uint8_t code) {
  const auto row = std::find_if(map.opcodes.begin(), map.opcodes.end(),
                                [code](const PickledOpcode& r) { return r.code == code; });
  return row == map.opcodes.end() ? nullptr : &*row;
}

std::string PlaceName(Place place) {
  const auto* row = std::find_if(std::begin(kPlaces), std::end(kPlaces),
                                 [place](const PlaceRow& r) { return r.place == place; });
  return std::string(row->name);
}

}  // namespace portcullis::checkpoint
