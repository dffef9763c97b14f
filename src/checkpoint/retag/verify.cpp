#include "src/checkpoint/retag/verify.h"

#include <algorithm>
#include <tuple>

namespace portcullis::checkpoint {
namespace {

template <typename T, typename Same>
bool AllOf(const std::vector<T>& before, const std::vector<T>& after, Same same) {
  return std::equal(before.begin(), before.end(), after.begin(), after.end(), same);
}

// A member's name without the offset of bytes in a pickle ("bytes@87"), which may move.
std::string WithoutOffset(const std::string& member) {
  constexpr std::string_view kBytesAt = "bytes@";
  const std::size_t at = member.rfind(kBytesAt);
  return at == std::string::npos ? member : member.substr(0, at + kBytesAt.size());
}

}  // namespace

std::string_view Becomes(const DeviceTag& tag, const RetagWish& wish) {
  switch (tag.place) {
    case Place::kStorageTag:
    case Place::kRebuildArgument:
    case Place::kGraphConstant:
      return wish.mapping.Of(tag.device);
    case Place::kCodeLiteral:
      return wish.code ? wish.mapping.Of(tag.device) : std::string_view(tag.device);
    case Place::kDeviceObject:
    case Place::kLookalike:
      break;
  }
  return tag.device;
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
  return before.format == after.format && before.globals == after.globals &&
         AllOf(before.storages, after.storages, same_storage) &&
         AllOf(before.tensors, after.tensors, same_tensor) &&
         AllOf(before.tags, after.tags, same_tag);
}

}  // namespace portcullis::checkpoint
