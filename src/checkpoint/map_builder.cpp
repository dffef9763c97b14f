#include "src/checkpoint/map_builder.h"

#include <fmt/format.h>

#include <utility>

#include "src/checkpoint/limits.h"

namespace portcullis::checkpoint {

MapBuilder::MapBuilder(std::string path, Format format, std::uint64_t file_size)
    : budget_(kBaseBudget + kBudgetPerByte * file_size) {
  map_.path = std::move(path);
  map_.format = format;
}

std::size_t MapBuilder::AddStorage(const StorageEntry& storage) {
  const auto [known, is_new] = storage_index_.try_emplace(storage.key, map_.storages.size());
  if (is_new) {
    budget_.Take(2 * sizeof(StorageEntry) + 2 * storage.key.size());
    map_.storages.push_back(storage);
  }
  return known->second;
}

const StorageEntry* MapBuilder::FindStorage(const std::string& key) const {
  const auto known = storage_index_.find(key);
  return known == storage_index_.end() ? nullptr : &map_.storages[known->second];
}

void MapBuilder::AddTensor(TensorEntry tensor) {
  budget_.Take(sizeof(TensorEntry) + 64 + 2 * tensor.name.size() + 8 * tensor.shape.size());
  const unsigned count = ++names_[tensor.name];
  if (count > 1) tensor.name += fmt::format("#{}", count);
  map_.tensors.push_back(std::move(tensor));
}

std::size_t MapBuilder::AddTag(DeviceTag tag) {
  budget_.Take(sizeof(DeviceTag) + tag.device.size() + tag.member.size());
  map_.tags.push_back(std::move(tag));
  return map_.tags.size() - 1;
}

void MapBuilder::NameTag(std::size_t index, const std::string& name) {
  if (map_.tags[index].name.empty()) {
    budget_.Take(name.size());
    map_.tags[index].name = name;
  }
}

void MapBuilder::AddGlobal(std::string_view module, std::string_view name) {
  std::string global = fmt::format("{}.{}", module, name);
  const auto [known, is_new] = globals_.insert(std::move(global));
  if (!is_new) return;
  budget_.Take(64 + 2 * known->size());
  map_.globals.push_back(*known);
}

void MapBuilder::Warn(std::string text) {
  constexpr std::size_t kMostWarnings = 100;
  if (map_.warnings.size() < kMostWarnings) map_.warnings.push_back(std::move(text));
}

void MapBuilder::Merge(const DeviceMap& inner, const Prefixes& prefixes) {
  const auto named = [&prefixes](const std::string& name) {
    if (prefixes.name.empty() || name.empty()) return name;
    return name == "." ? prefixes.name : fmt::format("{}.{}", prefixes.name, name);
  };
  for (StorageEntry storage : inner.storages) {
    storage.key = prefixes.key + storage.key;
    AddStorage(storage);
  }
  for (TensorEntry tensor : inner.tensors) {
    if (!tensor.storage.empty()) tensor.storage = prefixes.key + tensor.storage;
    tensor.name = named(tensor.name);
    tensor.member = prefixes.member + tensor.member;
    AddTensor(std::move(tensor));
  }
  for (DeviceTag tag : inner.tags) {
    if (!tag.storage.empty()) tag.storage = prefixes.key + tag.storage;
    tag.name = named(tag.name);
    tag.member = prefixes.member + tag.member;
    AddTag(std::move(tag));
  }
  for (const std::string& global : inner.globals) {
    if (globals_.insert(global).second) map_.globals.push_back(global);
  }
  for (const std::string& warning : inner.warnings) Warn(warning);
}

void MapBuilder::Grow(std::uint64_t file_size) {
  budget_.Grow(kBaseBudget + kBudgetPerByte * file_size);
}

}  // namespace portcullis::checkpoint
