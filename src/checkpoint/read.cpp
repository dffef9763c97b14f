#include "src/checkpoint/read.h"

#include "src/checkpoint/format.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

DeviceMap ReadDeviceMap(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path metadata = path / kDistributedMetadata;
  if (std::filesystem::is_directory(path, error) && std::filesystem::exists(metadata, error)) {
    return ReadDeviceMap(metadata);
  }
  const auto source = OpenFile(path);
  return ReadSource(*source, path.parent_path(), 0);
}

DeviceMap ReadDeviceMap(std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto source = OverBytes(bytes, {name, "", 0});
  return ReadSource(*source, std::nullopt, 0);
}

std::string LooksLike(const std::filesystem::path& path) {
  const auto source = OpenFile(path);
  const Foreign foreign = Recognise({*source, nullptr, std::nullopt, 0});
  return foreign.known ? foreign.what : "";
}

}  // namespace portcullis::checkpoint
