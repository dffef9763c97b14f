// Owns: which storages, device tags and nested checkpoints a pickle holds, wherever in it they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/checkpoint/collect.h"
#include "src/checkpoint/torch_calls.h"

namespace portcullis::checkpoint {

class Storages {
 public:
  Storages(const Values& values, const TorchCalls& calls, const PickleContext& context,
           MapBuilder& builder);

  // Reads all persistent ids of the pickle, once, and then all calls.
  void CollectStorages();
  void CollectCalls();

  // How many storages the map had when so many persistent ids of the pickle had been read.
  std::uint32_t Among(std::uint32_t persistents) const { return among_[persistents]; }

  // The storage that a value is (a persistent id, or a nested checkpoint of one), or null.
  const StorageEntry* Of(Ref ref) const;
  // Tag of the torch.device, or of the device argument of the tensor, that a value is; or -1.
  std::ptrdiff_t TagOf(Ref ref) const;

 private:
  void ReadPersistent(Ref ref);
  std::size_t AddStorage(StorageEntry&& storage, Ref location);
  void ReadDevice(Ref ref);
  void ReadRebuildArgument(Ref ref, Ref device);
  void ReadNested(Ref ref);
  std::unique_ptr<Source> NestedBytes(Ref argument) const;
  std::string DeviceAt(Ref location) const;
  DeviceTag TagAt(Place place, Ref text) const;

  const Values& values_;
  const TorchCalls& calls_;
  const PickleContext& context_;
  MapBuilder& builder_;
  std::unordered_map<Ref, std::string> nested_keys_;
  std::vector<std::size_t> by_persistent_;  // kNone: not a storage
  std::vector<std::uint32_t> among_;        // by how many persistent ids
  std::unordered_map<Ref, std::size_t> tags_;
  std::uint64_t nested_ = 0;  // checkpoints within the pickle so far
};

}  // namespace portcullis::checkpoint
