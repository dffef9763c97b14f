#include "src/checkpoint/storages.h"

#include <fmt/format.h>

#include <limits>
#include <string_view>
#include <utility>

#include "src/checkpoint/latin1.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/printable.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

}  // namespace

Storages::Storages(const Values& values, const TorchCalls& calls, const PickleContext& context,
                   MapBuilder& builder)
    : values_(values), calls_(calls), context_(context), builder_(builder) {}

void Storages::CollectStorages() {
  const std::uint32_t count = values_.persistents();
  by_persistent_.reserve(count);
  among_.reserve(count + 1);
  builder_.Expect(count);
  const auto note = [this] {
    among_.push_back(static_cast<std::uint32_t>(builder_.map().storages.size()));
  };
  note();
  for (std::uint32_t i = 0; i < count; ++i) {
    ReadPersistent(values_.persistent(i));
    note();
  }
}

void Storages::CollectCalls() {
  for (std::uint32_t i = 0; i < values_.objects(); ++i) {
    const Ref ref = values_.object(i);
    switch (calls_.Of(ref)) {
      case Call::kDevice:
        ReadDevice(ref);
        break;
      case Call::kFromNumpy:
      case Call::kWrapperSubclass:
        ReadRebuildArgument(ref, calls_.Describe(ref)->device);
        break;
      case Call::kLoadFromBytes:
        ReadNested(ref);
        break;
      default:
        break;
    }
  }
}

DeviceTag Storages::TagAt(Place place, Ref text) const {
  const Text& found = values_.TextOf(text);
  const Spot& origin = context_.source.Origin();
  DeviceTag tag;
  tag.place = place;
  tag.device = found.text;
  tag.member = origin.member;
  tag.offset = origin.offset + found.offset;
  return tag;
}

// What the location of a storage names; "" if it is no string.
std::string Storages::DeviceAt(Ref location) const {
  return values_.IsString(location) ? Printable(values_.TextOf(location).text) : "";
}

// ("storage", class, key, location, elements[, view]): torch/serialization.py, 0.1 to 2.11.
void Storages::ReadPersistent(Ref ref) {
  by_persistent_.push_back(kNone);
  const Ref id = values_.PersistentId(ref);
  if (values_.KindOf(id) != Kind::kTuple) return;
  const auto [kind, type, key, location, elements] = values_.First<5>(id);
  if (elements == kNoRef) return;
  if (!values_.IsString(kind) || values_.TextOf(kind).text != "storage") return;
  const std::uint64_t at = values_.TextOf(kind).opcode_at;
  if (!values_.IsInt(elements) || values_.Int(elements) < 0) {
    context_.source.Damaged(at, "a storage without a number of elements", "a number");
  }
  const bool named = values_.IsString(key) ? !values_.TextOf(key).text.empty() : values_.IsInt(key);
  if (!named) {
    context_.source.Damaged(at, "a storage without a key", "a string or a number");
  }
  StorageEntry storage;
  storage.key = context_.key_folder;
  if (values_.IsString(key)) {
    storage.key += values_.TextOf(key).text;
  } else {
    storage.key += fmt::to_string(values_.Int(key));
  }
  const std::string_view class_name = calls_.ClassName(type);
  const Dtype* dtype = DtypeByStorage(class_name);
  if (dtype == nullptr) {
    builder_.Warn(fmt::format("storage {}: class '{}' is not one of PyTorch's", storage.key,
                              class_name.substr(0, 80)));
  }
  const std::uint64_t element = dtype == nullptr ? 1 : dtype->bytes;
  const auto count = static_cast<std::uint64_t>(values_.Int(elements));
  if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / element) {
    context_.source.Damaged(at, fmt::format("a storage of {} elements", count),
                            "fewer than 2^63 bytes");
  }
  storage.bytes = count * element;
  storage.dtype = dtype == nullptr ? "" : dtype->name;
  storage.device = DeviceAt(location);
  by_persistent_.back() = AddStorage(std::move(storage), location);
}

// Its index. The first tag counts.
std::size_t Storages::AddStorage(StorageEntry&& storage, Ref location) {
  const std::size_t before = builder_.map().storages.size();
  const std::size_t index = builder_.AddStorage(std::move(storage));
  const StorageEntry& added = builder_.storage(index);
  if (index != before) {
    const std::string device = DeviceAt(location);
    if (added.device == device) return index;
    builder_.Warn(fmt::format("storage {} is tagged '{}' and '{}': the first counts", added.key,
                              added.device, device));
  }
  if (!values_.IsString(location)) return index;
  DeviceTag tag = TagAt(Place::kStorageTag, location);
  tag.storage = added.key;
  builder_.AddTag(std::move(tag));
  return index;
}

// torch.device("cuda", 1), torch.device("cuda:1") or torch.device("cpu").
void Storages::ReadDevice(Ref ref) {
  const Ref type = calls_.Argument(ref, 0);
  if (!values_.IsString(type)) return;
  DeviceTag tag = TagAt(Place::kDeviceObject, type);
  const Ref index = calls_.Argument(ref, 1);
  if (values_.IsInt(index)) tag.device += fmt::format(":{}", values_.Int(index));
  tags_[ref] = builder_.AddTag(std::move(tag));
}

void Storages::ReadRebuildArgument(Ref ref, Ref device) {
  if (!values_.IsString(device)) return;  // a torch.device, which is found as such
  tags_[ref] = builder_.AddTag(TagAt(Place::kRebuildArgument, device));
}

// The argument of _load_from_bytes: bytes, Python 2's str, or encode(text, "latin1").
std::unique_ptr<Source> Storages::NestedBytes(Ref argument) const {
  if (argument == kNoRef) return nullptr;
  const bool encoded = calls_.Of(argument) == Call::kEncode;
  const Ref ref = encoded ? calls_.Argument(argument, 0) : argument;
  if (ref == kNoRef) return nullptr;
  const bool bytes = !encoded && values_.KindOf(ref) == Kind::kBytes;
  if (!bytes && !values_.IsString(ref)) return nullptr;
  const Text& text = values_.TextOf(ref);
  if (bytes || !IsWrittenAsText(context_.source, text, encoded)) {
    return Window(context_.source, text.offset, text.size, context_.source.SpotAt(text.offset));
  }
  if (text.size > kInflatedAtMost) {
    builder_.Warn(
        fmt::format("the tensor at byte {} is {} bytes of text (pickle protocol 0, 1 or 2): more "
                    "than {} are not read",
                    text.offset, text.size, kInflatedAtMost));
    return nullptr;
  }
  return DecodeLatin1(context_.source, text);
}

void Storages::ReadNested(Ref ref) {
  if (!context_.read_nested) return;
  const auto bytes = NestedBytes(calls_.Argument(ref, 0));
  if (bytes == nullptr) return;
  DeviceMap inner = context_.read_nested(*bytes);
  inner.tensors.clear();  // the call around this one says what its storage is used for
  const std::string prefix = fmt::format("@{}/", nested_);
  ++nested_;
  builder_.Merge(inner, {prefix, "", ""});
  if (!inner.storages.empty()) nested_keys_[ref] = prefix + inner.storages.front().key;
}

const StorageEntry* Storages::Of(Ref ref) const {
  if (ref == kNoRef) return nullptr;
  if (values_.KindOf(ref) == Kind::kPersistent) {
    const std::size_t index = by_persistent_[values_.PersistentIndex(ref)];
    return index == kNone ? nullptr : &builder_.storage(index);
  }
  const auto nested = nested_keys_.find(ref);
  return nested == nested_keys_.end() ? nullptr : builder_.FindStorage(nested->second);
}

std::ptrdiff_t Storages::TagOf(Ref ref) const {
  const auto known = tags_.find(ref);
  return known == tags_.end() ? -1 : static_cast<std::ptrdiff_t>(known->second);
}

}  // namespace portcullis::checkpoint
