#include "harness/checkpoints/reference.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "src/base/error.h"

namespace portcullis::checkpoints {
namespace {

ReferenceTensor ReadTensor(const nlohmann::json& json) {
  return {json.at("name"),   json.at("dtype"), json.at("shape"),
          json.at("device"), json.at("bytes"), json.at("sha256")};
}

}  // namespace

std::uint64_t Reference::StorageBytes(const std::string& tag) const {
  std::uint64_t bytes = 0;
  for (const ReferenceStorage& storage : storages) {
    if (tag.empty() || storage.device == tag) bytes += storage.bytes;
  }
  return bytes;
}

std::uint64_t Reference::TensorBytes(const std::string& tag) const {
  std::uint64_t bytes = 0;
  for (const ReferenceTensor& tensor : tensors) {
    if (tag.empty() || tensor.device == tag) bytes += tensor.bytes;
  }
  return bytes;
}

Reference ReadManifest(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw UsageError(SystemError(fmt::format("cannot open {}", file.string())));
  try {
    const auto json = nlohmann::json::parse(stream);
    if (json.at("manifest") != 1) {
      throw UsageError(
          fmt::format("{}: manifest version {}, expected 1; make it again with "
                      "portcullis make --again",
                      file.string(), json.at("manifest").dump()));
    }
    Reference reference;
    reference.format = json.at("format");
    for (const auto& tensor : json.at("tensors")) reference.tensors.push_back(ReadTensor(tensor));
    for (const auto& storage : json.at("storages")) {
      reference.storages.push_back({storage.at("device"), storage.at("bytes")});
    }
    if (const auto example = json.value("example", nlohmann::json()); !example.is_null()) {
      reference.example = Example{example.at("dtype"), example.at("shape")};
    }
    return reference;
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(fmt::format("{}: not a manifest: {}", file.string(), error.what()));
  }
}

}  // namespace portcullis::checkpoints
