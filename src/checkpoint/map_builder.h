// Owns: putting a device map together from several pickles: storages once, names unique, texts
// printable, memory within a budget.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/checkpoint/arena.h"
#include "src/checkpoint/device_map.h"
#include "src/checkpoint/name_index.h"
#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

class MapBuilder {
 public:
  // `file_size` bounds the map (limits.h).
  MapBuilder(std::string path, Format format, std::uint64_t file_size);

  // Index of the storage with this key; added if it is new.
  std::size_t AddStorage(StorageEntry&& storage);
  const StorageEntry& storage(std::size_t index) const { return map_.storages[index]; }
  // The storage with this key, or null.
  const StorageEntry* FindStorage(std::string_view key) const;

  // An empty name becomes kNoName. A name that is there already gets "#2", "#3", …, as loaders name
  // such tensors.
  void AddTensor(TensorEntry&& tensor);
  // Index of the tag.
  std::size_t AddTag(DeviceTag&& tag);
  void NameTag(std::size_t index, const std::string& name);
  // Each counts once, where it first comes.
  void AddGlobal(PickledGlobal&& global);
  void AddOpcode(const PickledOpcode& opcode);
  void Warn(const std::string& text, Concern concern = Concern::kOther);

  // Adds a checkpoint within this one. Its keys and members get the prefixes, and its tensors'
  // names `name` and a dot.
  struct Prefixes {
    std::string key, name, member;
  };
  void Merge(const DeviceMap& inner, const Prefixes& prefixes);

  // About so many storages, each with a tensor and a tag, will come.
  void Expect(std::uint32_t storages);

  // A further file is read.
  void Grow(std::uint64_t file_size);

  const DeviceMap& map() const { return map_; }
  Budget& budget() { return budget_; }
  DeviceMap Take() { return std::move(map_); }

 private:
  DeviceMap map_;
  Budget budget_;
  NameIndex<ExactNames> storages_;
  NameIndex<ExactNames> tensors_;
  NameIndex<ExactNames> globals_;
  std::unordered_map<std::string, unsigned> repeated_;  // how often, of names that are
};

}  // namespace portcullis::checkpoint
