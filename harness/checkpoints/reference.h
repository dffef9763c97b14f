// Owns: what a checkpoint truly holds, to hold loads against: names, shapes, tags and checksums.
// Comes from the manifest a maker wrote, or, for somebody's own file, from one load on the CPU.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::checkpoints {

struct ReferenceTensor {
  std::string name;                 // dotted path, as loaders name it
  std::string dtype;                // "float32"
  std::vector<std::int64_t> shape;  // elements per dimension
  std::string device;               // tag of its storage
  std::uint64_t bytes = 0;          // of its elements
  std::string sha256;               // of its contiguous elements, hexadecimal
};

struct ReferenceStorage {
  std::string device;  // its tag
  std::uint64_t bytes = 0;
};

// The input that the module of a TorchScript checkpoint can be called with: zeros.
struct Example {
  std::string dtype;                // "int64"
  std::vector<std::int64_t> shape;  // elements per dimension
};

struct Reference {
  std::string format;  // as checkpoint::FormatName says
  std::vector<ReferenceTensor> tensors;
  std::vector<ReferenceStorage> storages;
  std::optional<Example> example;  // nothing: not a module, or nobody knows
  std::string unknown;  // not empty: why nobody knows its tensors; a load is then held to none
  // Bytes of all storages, or of those with one tag.
  std::uint64_t StorageBytes(const std::string& tag = "") const;
  // Bytes of all tensors, or of those with one tag; a shared storage counts for each.
  std::uint64_t TensorBytes(const std::string& tag = "") const;
};

// Reads NAME.manifest.json (fixtures/make). Throws UsageError: file, JSON path, found, expected.
Reference ReadManifest(const std::filesystem::path& file);

}  // namespace portcullis::checkpoints
