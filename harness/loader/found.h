// Owns: what a loader found in a loaded checkpoint, as plain data, and its form in JSON.
// Shared by the answers of loaders and the manifests of checkpoint makers.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace portcullis::loader {

// The loader has no way to do or to describe this.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One tensor: an entry of "tensors" in protocol.h.
struct FoundTensor {
  std::string name;
  std::string dtype;  // "float32"
  std::vector<std::int64_t> shape;
  std::string device;  // "cuda:0"
  std::uint64_t bytes = 0;
  std::string sha256;  // of the contiguous elements; "" on meta
};

// One value that names a device and is data, not a tag of a tensor.
struct FoundValue {
  std::string name;
  std::string type;  // "str" or "torch.device"
  std::string text;
};

void to_json(nlohmann::ordered_json& json, const FoundTensor& tensor);
void to_json(nlohmann::ordered_json& json, const FoundValue& value);

// SHA-256 of `size` bytes, in hexadecimal.
std::string Sha256(const void* bytes, std::size_t size);

// True for "cpu", "cuda", "cuda:1" and the like: the words of portcullis_loader/tensors.py.
bool NamesDevice(const std::string& text);

}  // namespace portcullis::loader
