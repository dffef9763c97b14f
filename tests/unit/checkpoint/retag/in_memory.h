// Owns: what the tests of retagging share: plans over bytes in memory, and their results.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/device_map.h"
#include "src/checkpoint/read.h"
#include "src/checkpoint/retag/plan.h"
#include "tests/unit/checkpoint/build.h"

namespace portcullis::checkpoint {

inline std::vector<std::uint8_t> AllOf(const Source& source) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.Size()));
  source.Read(0, bytes);
  return bytes;
}

// A file in memory, and what retagging makes of it.
struct InMemory {
  explicit InMemory(std::vector<std::uint8_t> bytes_of_file)
      : bytes(std::move(bytes_of_file)), source(OverBytes(bytes, {"model.pt", "", 0})) {}
  explicit InMemory(std::string_view text) : InMemory(AsBytes(text)) {}

  RetagPlan Plan(const RetagWish& wish) const { return PlanRetag(*source, wish); }
  std::vector<std::uint8_t> After(const RetagWish& wish) const {
    const RetagPlan plan = Plan(wish);
    return plan.bytes.result == nullptr ? bytes : AllOf(*plan.bytes.result);
  }

  std::vector<std::uint8_t> bytes;
  std::unique_ptr<Source> source;
};

inline RetagWish To(const std::string& device) { return {DeviceMapping::To(device), false}; }

// "PLACE DEVICE NAME-OR-STORAGE" of every tag.
inline std::vector<std::string> TagsOf(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> tags;
  for (const DeviceTag& tag : ReadDeviceMap(bytes, "model.pt").tags) {
    tags.push_back(PlaceName(tag.place) + " " + tag.device + " " +
                   (tag.storage.empty() ? tag.name : tag.storage));
  }
  return tags;
}

}  // namespace portcullis::checkpoint
