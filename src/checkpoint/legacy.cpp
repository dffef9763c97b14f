// Owns: torch.save before 1.6: five pickles in a row (magic number, protocol version, system
// information, the object, the storages' keys), then the storages: a count of elements each, and
// the elements (torch/serialization.py, _legacy_save and _legacy_load).
#include <fmt/format.h>

#include <string>
#include <unordered_map>

#include "src/checkpoint/dtypes.h"
#include "src/checkpoint/format.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/looks_like.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/printable.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::int64_t kProtocolVersion = 1001;
// 0x1950a86a20f9469cfc6c as LONG1 (protocol 2 and later), and as text (protocols 0 and 1).
constexpr std::string_view kMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::string_view kMagicText = "L119547037146038801333356L\n.";

// Reads a pickle of the file's frame, of which only the root value matters.
class SmallPickle {
 public:
  SmallPickle(Cursor& in, std::uint64_t file_size)
      : budget_(kBaseBudget + kBudgetPerByte * file_size),
        values_(budget_),
        root_(ReadPickle(in, budget_, values_)) {}
  const Values& values() const { return values_; }
  Ref root() const { return root_; }

 private:
  Budget budget_;
  Values values_;
  Ref root_;
};

void RequireProtocol(Cursor& in) {
  const std::uint64_t at = in.Offset();
  const SmallPickle pickle(in, in.source().Size());
  const bool known = pickle.values().IsInt(pickle.root()) &&
                     pickle.values().Int(pickle.root()) == kProtocolVersion;
  if (!known) {
    in.source().Damaged(at, "another protocol version", fmt::to_string(kProtocolVersion));
  }
}

void WarnOfBigEndian(const SmallPickle& info, MapBuilder& builder) {
  const Values& values = info.values();
  ItemPosition at = values.Begin(info.root());
  for (Ref key = values.Next(at); key != kNoRef; key = values.Next(at)) {
    const Ref value = values.Next(at);
    if (value == values.Bool(false) && values.IsString(key) &&
        values.TextOf(key).text == "little_endian") {
      builder.Warn("saved on a big-endian machine: PyTorch reads wrong weights on others");
    }
  }
}

// Goes along the storages at the end of the file, reading only their counts.
void RequireStorages(Cursor& in, const SmallPickle& keys, const MapBuilder& builder) {
  const Values& values = keys.values();
  ItemPosition at = values.Begin(keys.root());
  for (Ref key = values.Next(at); key != kNoRef; key = values.Next(at)) {
    const std::uint64_t offset = in.Offset();
    if (!values.IsString(key)) in.source().Damaged(offset, "a storage key that is no text", "text");
    const std::string name = Printable(values.TextOf(key).text);
    const StorageEntry* storage = builder.FindStorage(name);
    if (storage == nullptr) {
      in.source().Damaged(values.TextOf(key).offset, fmt::format("the key '{}'", name),
                          "a storage of the object");
    }
    const Dtype* dtype = DtypeByName(storage->dtype);
    const std::uint64_t elements = storage->bytes / (dtype == nullptr ? 1 : dtype->bytes);
    if (const std::uint64_t count = in.U64(); count != elements) {
      in.source().Damaged(offset, fmt::format("a storage of {} elements", count),
                          fmt::format("{} elements of storage {}", elements, name));
    }
    in.Skip(storage->bytes);
  }
}

}  // namespace

bool IsLegacy(const Candidate& candidate) {
  constexpr std::uint64_t kPrologue = 11;  // PROTO and FRAME
  for (std::uint64_t at = 0; at <= kPrologue; ++at) {
    if (Starts(candidate.source, at, kMagic)) return true;
  }
  return Starts(candidate.source, 0, kMagicText);
}

DeviceMap ReadLegacy(const Candidate& candidate) {
  const Source& source = candidate.source;
  MapBuilder builder(source.Origin().file, Format::kLegacy, source.Size());
  Cursor in(source);
  const SmallPickle magic(in, source.Size());
  for (const Opcode& opcode : magic.values().opcodes()) {
    builder.AddOpcode({opcode.code, {0, opcode.first.offset}, opcode.next});
  }
  RequireProtocol(in);
  WarnOfBigEndian(SmallPickle(in, source.Size()), builder);
  CollectPickle(candidate, in, ContextOf(candidate, source), builder);
  const SmallPickle keys(in, source.Size());
  const bool named_by_text = FindOpcode(builder.map(), kOpcodePersid) != nullptr;
  if (!named_by_text) RequireStorages(in, keys, builder);
  return builder.Take();
}

}  // namespace portcullis::checkpoint
