#include "src/checkpoint/collect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <unordered_set>
#include <utility>

#include "src/checkpoint/device_name.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/storages.h"
#include "src/checkpoint/torch_calls.h"
#include "src/checkpoint/walk.h"

namespace portcullis::checkpoint {
namespace {

// Turns the leaves of a walk into tensors, names of tags, and lookalikes.
class Leaves {
 public:
  Leaves(const Values& values, const TorchCalls& calls, const Storages& storages,
         const PickleContext& context, MapBuilder& builder)
      : values_(values), calls_(calls), storages_(storages), context_(context), builder_(builder) {}

  bool IsLeaf(Ref ref) {
    described_ = calls_.Describe(ref);
    return described_.has_value() || storages_.Of(ref) != nullptr || storages_.TagOf(ref) >= 0;
  }

  // Called with what IsLeaf() was just asked about.
  void Add(Ref ref, const std::string& name) {
    if (described_) {
      AddTensor(ref, std::move(*described_), name);
    } else if (const StorageEntry* storage = storages_.Of(ref); storage != nullptr) {
      AddBareStorage(*storage, name);
    } else if (const std::ptrdiff_t tag = storages_.TagOf(ref); tag >= 0) {
      builder_.NameTag(static_cast<std::size_t>(tag), name);
    } else if (values_.IsString(ref) && ReadsLikeDevice(values_.TextOf(ref).text)) {
      AddLookalike(ref, name);
    }
  }

 private:
  void AddTensor(Ref ref, Described&& described, const std::string& name);
  void AddBareStorage(const StorageEntry& storage, const std::string& name);
  void AddLookalike(Ref ref, const std::string& name);

  const Values& values_;
  const TorchCalls& calls_;
  const Storages& storages_;
  const PickleContext& context_;
  MapBuilder& builder_;
  std::optional<Described> described_;
  std::unordered_set<Ref> lookalikes_;
};

void Leaves::AddTensor(Ref ref, Described&& described, const std::string& name) {
  TensorEntry tensor;
  tensor.name = name;
  tensor.shape = std::move(described.shape);
  tensor.member = context_.source.Origin().member;
  const StorageEntry* storage = storages_.Of(described.storage);
  if (storage != nullptr) {
    tensor.storage = storage->key;
    tensor.device = storage->device;
    tensor.dtype = storage->dtype;
  } else if (described.is_meta) {
    tensor.device = "meta";
  } else if (values_.IsString(described.device)) {
    tensor.device = values_.TextOf(described.device).text;
    const std::ptrdiff_t tag = storages_.TagOf(ref);
    if (tag >= 0) builder_.NameTag(static_cast<std::size_t>(tag), name);
  } else if (const std::ptrdiff_t tag = storages_.TagOf(described.device); tag >= 0) {
    tensor.device = builder_.map().tags[static_cast<std::size_t>(tag)].device;
    builder_.NameTag(static_cast<std::size_t>(tag), name);
  }
  if (described.dtype != nullptr) tensor.dtype = described.dtype->name;
  const auto bytes = BytesOf(tensor.shape, DtypeByName(tensor.dtype));
  if (!bytes) {
    context_.source.Damaged(
        0, fmt::format("tensor {} of sizes {}", name, fmt::join(tensor.shape, " × ")),
        "sizes of at most 2^63 bytes in all");
  }
  tensor.bytes = *bytes;
  builder_.AddTensor(std::move(tensor));
}

void Leaves::AddBareStorage(const StorageEntry& storage, const std::string& name) {
  const Dtype* dtype = DtypeByName(storage.dtype);
  TensorEntry tensor;
  tensor.name = name;
  tensor.dtype = storage.dtype;
  tensor.shape = {static_cast<std::int64_t>(storage.bytes / (dtype == nullptr ? 1 : dtype->bytes))};
  tensor.bytes = storage.bytes;
  tensor.storage = storage.key;
  tensor.device = storage.device;
  tensor.member = context_.source.Origin().member;
  builder_.AddTensor(std::move(tensor));
}

void Leaves::AddLookalike(Ref ref, const std::string& name) {
  if (!lookalikes_.insert(ref).second) return;
  const Text& text = values_.TextOf(ref);
  const Spot spot = context_.source.SpotAt(text.offset);
  builder_.AddTag({Place::kLookalike, std::string(text.text), spot.member, spot.offset, "", name});
}

}  // namespace

void Collect(const Values& values, Ref root, const PickleContext& context, MapBuilder& builder) {
  const TorchCalls calls(values);
  Storages storages(values, calls, context, builder);
  storages.CollectStorages();
  const auto point = [&](const FirstSeen& first) {
    return PicklePoint{storages.Among(first.persistents), first.offset};
  };
  for (const Global& global : values.globals()) {
    PickledGlobal asked{fmt::format("{}.{}", global.module, global.name), point(global.first)};
    if (global.filled) asked.filled = point(*global.filled);
    builder.AddGlobal(std::move(asked));
  }
  for (const Opcode& opcode : values.opcodes()) {
    builder.AddOpcode({opcode.code, point(opcode.first), opcode.next});
  }
  if (values.HasNoted(kOpcodePersid)) {
    builder.Warn(
        "its storages are named by lines of text, as torch.save(pickle_protocol=0) writes them: no "
        "PyTorch reads them");
  }
  storages.CollectCalls();
  Leaves leaves(values, calls, storages, context, builder);
  Walk walk(
      values, calls, [&leaves](Ref ref) { return leaves.IsLeaf(ref); },
      [&leaves](Ref ref, const std::string& name) { leaves.Add(ref, name); });
  walk.From(root, context.name_prefix);
  if (walk.cut_short()) {
    builder.Warn(fmt::format(
        "{}: tensors nested more than {} levels deep, or under very many names "
        "each, are counted but not all listed by name",
        context.source.Origin().member.empty() ? "the pickle" : context.source.Origin().member,
        kDeepestNamed));
  }
}

}  // namespace portcullis::checkpoint
