#include "src/checkpoint/map_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/checkpoint/limits.h"
#include "src/checkpoint/printable.h"

namespace portcullis::checkpoint {

namespace {

template <typename... Text>
void MakePrintable(Text&... texts) {
  (KeepPrintable(texts), ...);
}

// What a NameIndex asks: the name of the element at an index.
template <typename List>
auto NamesOf(const List& elements, std::string List::value_type::*name) {
  return [&elements, name](std::uint32_t i) { return std::string_view(elements[i].*name); };
}

}  // namespace

MapBuilder::MapBuilder(std::string path, Format format, std::uint64_t file_size)
    : budget_(kBaseBudget + kBudgetPerByte * file_size) {
  map_.path = std::move(path);
  map_.format = format;
}

std::size_t MapBuilder::AddStorage(StorageEntry&& storage) {
  MakePrintable(storage.key, storage.device);
  const auto next = static_cast<std::uint32_t>(map_.storages.size());
  const std::uint32_t found =
      storages_.FindOrAdd(storage.key, next, NamesOf(map_.storages, &StorageEntry::key));
  if (found != next) return found;
  budget_.Take(sizeof(StorageEntry) + storage.key.size());
  map_.storages.push_back(std::move(storage));
  return next;
}

const StorageEntry* MapBuilder::FindStorage(std::string_view key) const {
  const std::uint32_t found = storages_.Find(key, NamesOf(map_.storages, &StorageEntry::key));
  return found == kNotIndexed ? nullptr : &map_.storages[found];
}

void MapBuilder::AddTensor(TensorEntry&& tensor) {
  if (tensor.name.empty()) tensor.name = std::string(kNoName);
  MakePrintable(tensor.name, tensor.dtype, tensor.storage, tensor.device, tensor.member);
  budget_.Take(sizeof(TensorEntry) + tensor.name.size() + 8 * tensor.shape.size());
  const auto next = static_cast<std::uint32_t>(map_.tensors.size());
  const std::uint32_t found =
      tensors_.FindOrAdd(tensor.name, next, NamesOf(map_.tensors, &TensorEntry::name));
  if (found != next) tensor.name += fmt::format("#{}", 2 + repeated_[tensor.name]++);
  map_.tensors.push_back(std::move(tensor));
}

std::size_t MapBuilder::AddTag(DeviceTag&& tag) {
  MakePrintable(tag.device, tag.member, tag.storage, tag.name);
  budget_.Take(sizeof(DeviceTag) + tag.device.size() + tag.member.size());
  map_.tags.push_back(std::move(tag));
  return map_.tags.size() - 1;
}

void MapBuilder::NameTag(std::size_t index, const std::string& name) {
  if (map_.tags[index].name.empty()) {
    budget_.Take(name.size());
    map_.tags[index].name = Printable(name);
  }
}

void MapBuilder::AddGlobal(PickledGlobal&& global) {
  MakePrintable(global.name);
  const auto next = static_cast<std::uint32_t>(map_.globals.size());
  const std::uint32_t found =
      globals_.FindOrAdd(global.name, next, NamesOf(map_.globals, &PickledGlobal::name));
  if (found != next) return;
  budget_.Take(64 + global.name.size());
  map_.globals.push_back(std::move(global));
}

void MapBuilder::AddOpcode(const PickledOpcode& opcode) {
  if (FindOpcode(map_, opcode.code) == nullptr) map_.opcodes.push_back(opcode);
}

void MapBuilder::Expect(std::uint32_t storages) {
  constexpr std::uint32_t kAtMost = 1 << 15;  // a hostile pickle may have many ids and no storage
  storages = std::min(storages, kAtMost);
  map_.storages.reserve(map_.storages.size() + storages);
  map_.tensors.reserve(map_.tensors.size() + storages);
  map_.tags.reserve(map_.tags.size() + storages);
  storages_.Reserve(map_.storages.size() + storages, NamesOf(map_.storages, &StorageEntry::key));
  tensors_.Reserve(map_.tensors.size() + storages, NamesOf(map_.tensors, &TensorEntry::name));
}

void MapBuilder::Warn(const std::string& text, Concern concern) {
  constexpr std::size_t kMostWarnings = 100;
  if (map_.warnings.size() < kMostWarnings) map_.warnings.push_back({Printable(text), concern});
}

void MapBuilder::Merge(const DeviceMap& inner, const Prefixes& prefixes) {
  const auto named = [&prefixes](const std::string& name) {
    if (prefixes.name.empty() || name.empty()) return name;
    return name == kNoName ? prefixes.name : fmt::format("{}.{}", prefixes.name, name);
  };
  const auto before = static_cast<std::uint32_t>(map_.storages.size());
  for (StorageEntry storage : inner.storages) {
    storage.key = prefixes.key + storage.key;
    AddStorage(std::move(storage));
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
  for (PickledGlobal global : inner.globals) {
    global.first.storages_before += before;
    if (global.filled) global.filled->storages_before += before;
    AddGlobal(std::move(global));
  }
  for (PickledOpcode opcode : inner.opcodes) {
    opcode.first.storages_before += before;
    AddOpcode(opcode);
  }
  for (const Warning& warning : inner.warnings) Warn(warning.text, warning.concern);
}

void MapBuilder::Grow(std::uint64_t file_size) {
  budget_.Grow(kBaseBudget + kBudgetPerByte * file_size);
}

}  // namespace portcullis::checkpoint
