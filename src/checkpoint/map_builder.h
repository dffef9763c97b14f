// Owns: putting a device map together from several pickles: storages once, names unique, memory
// within a budget.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "src/checkpoint/arena.h"
#include "src/checkpoint/device_map.h"
#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

class MapBuilder {
 public:
  // `file_size` bounds the map (limits.h).
  MapBuilder(std::string path, Format format, std::uint64_t file_size);

  // Index of the storage with this key; added if it is new.
  std::size_t AddStorage(const StorageEntry& storage);
  const StorageEntry& storage(std::size_t index) const { return map_.storages[index]; }
  // The storage with this key, or null.
  const StorageEntry* FindStorage(const std::string& key) const;

  // A name that is there already gets "#2", "#3", …, as loaders name such tensors.
  void AddTensor(TensorEntry tensor);
  // Index of the tag.
  std::size_t AddTag(DeviceTag tag);
  void NameTag(std::size_t index, const std::string& name);
  void AddGlobal(std::string_view module, std::string_view name);
  void Warn(std::string text);

  // Adds a checkpoint within this one. Its keys and members get the prefixes, and its tensors'
  // names `name` and a dot.
  struct Prefixes {
    std::string key, name, member;
  };
  void Merge(const DeviceMap& inner, const Prefixes& prefixes);

  // A further file is read.
  void Grow(std::uint64_t file_size);

  const DeviceMap& map() const { return map_; }
  Budget& budget() { return budget_; }
  DeviceMap Take() { return std::move(map_); }

 private:
  DeviceMap map_;
  Budget budget_;
  std::unordered_map<std::string, std::size_t> storage_index_;
  std::unordered_map<std::string, unsigned> names_;
  std::unordered_set<std::string> globals_;
};

}  // namespace portcullis::checkpoint
