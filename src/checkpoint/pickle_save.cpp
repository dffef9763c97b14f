// Owns: telling C++ torch::pickle_save from torch.save. Both write a zip archive with data.pkl and
// data/KEY, and are read alike; torch::pickle_load reads only the one, torch.load with
// weights_only only the other.
#include <string_view>

#include "src/checkpoint/format.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

std::size_t PositionOf(const ZipArchive& zip, std::string_view name) {
  const ZipEntry* entry = zip.Find(name);
  return entry == nullptr ? kNowhere : static_cast<std::size_t>(entry - zip.entries().data());
}

}  // namespace

// As written by PyTorch 2.11: pickle_save puts the storages before data.pkl and byteorder behind
// version; torch.save has data.pkl first and byteorder before version.
bool IsPickleSave(const Candidate& candidate) {
  if (!IsZip(candidate)) return false;
  const ZipArchive& zip = *candidate.zip;
  const std::size_t pickle = PositionOf(zip, "data.pkl");
  const std::size_t first_storage = PositionOf(zip, "data/0");
  if (first_storage != kNowhere) return first_storage < pickle;
  const std::size_t order = PositionOf(zip, "byteorder");
  return order != kNowhere && order > PositionOf(zip, "version");
}

DeviceMap ReadPickleSave(const Candidate& candidate) {
  DeviceMap map = ReadZip(candidate);
  map.format = Format::kPickleSave;
  return map;
}

}  // namespace portcullis::checkpoint
