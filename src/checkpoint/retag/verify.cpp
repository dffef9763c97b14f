#include "src/checkpoint/retag/verify.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace portcullis::checkpoint {
namespace {

template <typename List, typename Same>
bool AllOf(const List& before, const List& after, Same same) {
  return std::equal(before.begin(), before.end(), after.begin(), after.end(), same);
}

// A member's name without the offset of bytes in a pickle ("bytes@87"), which may move.
std::string WithoutOffset(const std::string& member) {
  constexpr std::string_view kBytesAt = "bytes@";
  const std::size_t at = member.rfind(kBytesAt);
  return at == std::string::npos ? member : member.substr(0, at + kBytesAt.size());
}

Many<DeviceTag> TagsProper(const DeviceMap& map) {
  Many<DeviceTag> tags;
  std::copy_if(map.tags.begin(), map.tags.end(), std::back_inserter(tags),
               [](const DeviceTag& tag) { return tag.place != Place::kLookalike; });
  return tags;
}

// The reader lists a value that is used in several places once; split from a tag, it is several
// values. So there may be more than before, of texts that were there before.
bool SameLookalikes(const DeviceMap& before, const DeviceMap& after) {
  std::set<std::pair<std::string, std::string>> found;
  std::set<std::string> devices;
  for (const DeviceTag& tag : after.tags) {
    if (tag.place == Place::kLookalike) found.emplace(tag.name, tag.device);
  }
  for (const DeviceTag& tag : before.tags) {
    if (tag.place != Place::kLookalike) continue;
    devices.insert(tag.device);
    if (!found.contains({tag.name, tag.device})) return false;
  }
  return std::all_of(found.begin(), found.end(),
                     [&devices](const auto& tag) { return devices.contains(tag.second); });
}

}  // namespace

bool IsChangeable(const DeviceTag& tag, const RetagWish& wish) {
  switch (tag.place) {
    case Place::kStorageTag:
    case Place::kRebuildArgument:
    case Place::kGraphConstant:
      return true;
    case Place::kCodeLiteral:
      return wish.code;
    case Place::kDeviceObject:
    case Place::kLookalike:
      break;
  }
  return false;
}

std::string_view Becomes(const DeviceTag& tag, const RetagWish& wish) {
  return IsChangeable(tag, wish) ? wish.mapping.Of(tag.device) : std::string_view(tag.device);
}

bool OnlyTagsDiffer(const DeviceMap& before, const DeviceMap& after, const RetagWish& wish) {
  const auto same_tag = [&wish](const DeviceTag& a, const DeviceTag& b) {
    // Offsets move with the length of the names before them.
    return std::tie(a.place, a.storage, a.name) == std::tie(b.place, b.storage, b.name) &&
           WithoutOffset(a.member) == WithoutOffset(b.member) && Becomes(a, wish) == b.device;
  };
  const auto same_storage = [&wish](const StorageEntry& a, const StorageEntry& b) {
    return std::tie(a.key, a.dtype, a.bytes) == std::tie(b.key, b.dtype, b.bytes) &&
           wish.mapping.Of(a.device) == b.device;
  };
  const auto same_tensor = [&wish](const TensorEntry& a, const TensorEntry& b) {
    // The device of a tensor without a storage may be a torch.device, which stays.
    return std::tie(a.name, a.dtype, a.shape, a.bytes, a.storage) ==
               std::tie(b.name, b.dtype, b.shape, b.bytes, b.storage) &&
           WithoutOffset(a.member) == WithoutOffset(b.member) &&
           (b.device == wish.mapping.Of(a.device) || (a.storage.empty() && b.device == a.device));
  };
  const auto same_global = [](const PickledGlobal& a, const PickledGlobal& b) {
    return a.name == b.name;
  };
  return before.format == after.format && AllOf(before.globals, after.globals, same_global) &&
         AllOf(before.storages, after.storages, same_storage) &&
         AllOf(before.tensors, after.tensors, same_tensor) &&
         AllOf(TagsProper(before), TagsProper(after), same_tag) && SameLookalikes(before, after);
}

}  // namespace portcullis::checkpoint
