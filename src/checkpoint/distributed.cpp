// Owns: distributed checkpoints: a directory whose .metadata is a pickle that says which tensor is
// where; each tensor or object is a whole torch.save within a .distcp file
// (torch/distributed/checkpoint/metadata.py and filesystem.py of PyTorch 2.11).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "src/checkpoint/format.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/torch_calls.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::string_view kMetadataModule = "torch.distributed.checkpoint.metadata";

// Where one tensor's chunk, or one object, is.
struct Piece {
  std::string name;  // fully qualified
  std::string file;
  std::uint64_t file_at = 0;  // where .metadata names the file
  std::uint64_t offset = 0, length = 0;
  bool transformed = false;  // compressed or encrypted by an extension
};

class Metadata {
 public:
  Metadata(const Values& values, Ref root) : values_(values), calls_(values) {
    state_ = values.KindOf(root) == Kind::kObject ? values.ObjectOf(root).state : kNoRef;
  }

  template <typename Use>  // Use(name, TensorEntry); entries of objects have no dtype
  void ForEachEntry(Use use) const {
    ForEachPair(values_.Attribute(state_, "state_dict_metadata"), [&](Ref key, Ref value) {
      if (!values_.IsString(key)) return;
      TensorEntry tensor;
      tensor.name = values_.TextOf(key).text;
      Describe(StateOf(value), tensor);
      use(std::move(tensor));
    });
  }

  template <typename Use>
  void ForEachPiece(Use use) const {
    ForEachPair(values_.Attribute(state_, "storage_data"), [&](Ref key, Ref value) {
      const Ref name = values_.Attribute(StateOf(key), "fqn");
      const Ref info = StateOf(value);
      const Ref file = values_.Attribute(info, "relative_path");
      const Ref offset = values_.Attribute(info, "offset");
      const Ref length = values_.Attribute(info, "length");
      const bool whole = values_.IsString(name) && values_.IsString(file) &&
                         values_.IsInt(offset) && values_.IsInt(length);
      if (!whole) return;
      const Ref transforms = values_.Attribute(info, "transform_descriptors");
      use(Piece{std::string(values_.TextOf(name).text), std::string(values_.TextOf(file).text),
                values_.TextOf(file).offset, static_cast<std::uint64_t>(values_.Int(offset)),
                static_cast<std::uint64_t>(values_.Int(length)),
                transforms != kNoRef && values_.HasItems(transforms)});
    });
  }

 private:
  template <typename Use>
  void ForEachPair(Ref dict, Use use) const {
    if (dict == kNoRef || values_.KindOf(dict) != Kind::kDict) return;
    ItemPosition at = values_.Begin(dict);
    for (Ref key = values_.Next(at); key != kNoRef; key = values_.Next(at)) {
      const Ref value = values_.Next(at);
      if (value != kNoRef) use(key, value);
    }
  }

  Ref StateOf(Ref ref) const {
    return values_.KindOf(ref) == Kind::kObject ? values_.ObjectOf(ref).state : kNoRef;
  }

  // TensorStorageMetadata: properties (whose state is a tuple that begins with the dtype), size.
  void Describe(Ref state, TensorEntry& tensor) const {
    const Ref properties = values_.Attribute(state, "properties");
    if (properties == kNoRef) return;
    const Ref fields = StateOf(properties);
    const Dtype* dtype =
        DtypeByName(calls_.ClassName(fields == kNoRef ? kNoRef : values_.Item(fields, 0)));
    tensor.shape = calls_.SizesOf(values_.Attribute(state, "size"));
    tensor.dtype = dtype == nullptr ? "unknown" : std::string(dtype->name);
    tensor.bytes = BytesOf(tensor.shape, dtype).value_or(0);
  }

  const Values& values_;
  TorchCalls calls_;
  Ref state_;
};

// Opens each .distcp file once and reads its pieces.
class Pieces {
 public:
  Pieces(const Candidate& candidate, MapBuilder& builder)
      : candidate_(candidate), builder_(builder) {}

  // Returns the first storage of the piece, if it has one.
  std::optional<StorageEntry> Read(const Piece& piece, bool is_tensor);

 private:
  const Source& Open(const Piece& piece);

  const Candidate& candidate_;
  MapBuilder& builder_;
  std::map<std::string, std::unique_ptr<Source>> files_;
};

const Source& Pieces::Open(const Piece& piece) {
  const std::filesystem::path path(piece.file);
  if (piece.file.empty() || path.filename() != path || piece.file == "..") {
    candidate_.source.Damaged(piece.file_at, fmt::format("the file '{}'", piece.file),
                              "the name of a file beside .metadata");
  }
  auto& file = files_[piece.file];
  if (file == nullptr) {
    file = OpenFile(*candidate_.folder / path);
    builder_.Grow(file->Size());
  }
  return *file;
}

std::optional<StorageEntry> Pieces::Read(const Piece& piece, bool is_tensor) {
  const Source& file = Open(piece);
  const auto window = Window(file, piece.offset, piece.length, file.SpotAt(piece.offset));
  DeviceMap inner = ReadSource(*window, std::nullopt, candidate_.nesting + 1);
  if (is_tensor) inner.tensors.clear();  // a chunk: .metadata describes the whole
  const std::string prefix = fmt::format("{}@{}!", piece.file, piece.offset);
  builder_.Merge(inner, {prefix, piece.name, prefix});
  if (inner.storages.empty()) return {};
  StorageEntry first = inner.storages.front();
  first.key = prefix + first.key;
  return first;
}

void ReadPieces(const Candidate& candidate, const Metadata& metadata, MapBuilder& builder) {
  std::vector<TensorEntry> tensors;
  std::unordered_map<std::string, std::size_t> by_name;
  metadata.ForEachEntry([&](TensorEntry tensor) {
    if (tensor.dtype.empty()) return;  // an object: its piece says what it holds
    by_name.emplace(tensor.name, tensors.size());
    tensors.push_back(std::move(tensor));
  });
  Pieces pieces(candidate, builder);
  metadata.ForEachPiece([&](const Piece& piece) {
    if (piece.transformed || !candidate.folder) {
      builder.Warn(fmt::format("{} in {} was not read{}", piece.name, piece.file,
                               piece.transformed ? ": an extension has transformed it" : ""));
      return;
    }
    const auto known = by_name.find(piece.name);
    const auto storage = pieces.Read(piece, known != by_name.end());
    if (known == by_name.end() || !storage || !tensors[known->second].storage.empty()) return;
    tensors[known->second].storage = storage->key;
    tensors[known->second].device = storage->device;
  });
  for (TensorEntry& tensor : tensors) builder.AddTensor(std::move(tensor));
}

}  // namespace

bool IsDistributed(const Candidate& candidate) {
  constexpr std::uint64_t kLook = 256;  // the root's class is named first
  if (candidate.zip != nullptr || !StartsAsPickle(candidate.source)) return false;
  Cursor in(candidate.source);
  return in.Text(std::min(kLook, candidate.source.Size())).find(kMetadataModule) !=
         std::string_view::npos;
}

DeviceMap ReadDistributed(const Candidate& candidate) {
  const Source& source = candidate.source;
  MapBuilder builder(source.Origin().file, Format::kDistributed, source.Size());
  Budget budget(kBaseBudget + kBudgetPerByte * source.Size());
  Values values(budget);
  Cursor in(source);
  const Ref root = ReadPickle(in, budget, values);
  for (const Global& global : values.globals()) {
    builder.AddGlobal({fmt::format("{}.{}", global.module, global.name), {}});
  }
  ReadPieces(candidate, Metadata(values, root), builder);
  return builder.Take();
}

}  // namespace portcullis::checkpoint
