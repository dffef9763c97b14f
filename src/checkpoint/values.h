// Owns: what a pickle builds, as data: a graph of values that nobody executed. Calls, classes and
// persistent ids are kept as what was asked for, not as what they would make.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/checkpoint/arena.h"

namespace portcullis::checkpoint {

using Ref = std::uint32_t;  // index of a value
inline constexpr Ref kNoRef = 0xffffffff;

enum class Kind : std::uint8_t {
  kNone,
  kBool,
  kInt,
  kFloat,
  kBigInt,  // an integer beyond 64 bits; its value is not kept
  kString,
  kBytes,
  kTuple,
  kList,
  kDict,
  kSet,
  kGlobal,      // "module.name"
  kObject,      // a call or a new object: callee, arguments, state, items
  kPersistent,  // a persistent id
  kOpaque,      // an out-of-band buffer, an extension code
};

// A string or bytes, with its place in the source.
struct Text {
  std::string_view text;        // strings: the first kTextKept bytes, decoded; bytes: empty
  std::uint64_t size = 0;       // bytes in the source
  std::uint64_t offset = 0;     // of the first of them in the source
  std::uint64_t opcode_at = 0;  // offset of the opcode that pushed it
};

// Where in its pickle something first came.
struct FirstSeen {
  std::uint32_t persistents = 0;  // ids before it
  std::uint64_t offset = 0;       // of the opcode in the source
};

struct Global {
  std::string_view module, name;
  FirstSeen first;
  std::optional<FirstSeen> filled;  // an object of it is given items or a state
};
struct Opcode {
  std::uint8_t code = 0;
  std::uint8_t next = 0;  // the byte behind it, where it first came
  FirstSeen first;
};

struct Object {
  Ref callee = kNoRef;
  Ref arguments = kNoRef;                       // a tuple
  Ref state = kNoRef;                           // the argument of BUILD
  Ref keywords = kNoRef;                        // NEWOBJ_EX
  std::uint32_t first = kNoRef, last = kNoRef;  // slices of items (list or dict subclasses)
  bool pairs = false;                           // the items are keys and values
};

// Where an iteration over the items of a value stands: in a run of items, behind which another
// slice may follow.
struct ItemPosition {
  std::uint32_t index = 0, end = 0, next = kNoRef;
};

class Values {
 public:
  static constexpr std::uint64_t kTextKept = 1024;

  explicit Values(Budget& budget);

  Kind KindOf(Ref ref) const { return values_[ref].kind; }
  std::int64_t Int(Ref ref) const { return static_cast<std::int64_t>(values_[ref].data); }
  double Float(Ref ref) const;
  Text TextOf(Ref ref) const {
    const KeptText& text = texts_[values_[ref].index];
    return {{text.start, text.kept}, text.size, text.offset, text.offset - text.opcode};
  }
  const Global& GlobalOf(Ref ref) const { return globals_[values_[ref].index]; }
  std::uint32_t GlobalIndex(Ref ref) const { return values_[ref].index; }
  const Object& ObjectOf(Ref ref) const { return objects_[values_[ref].index]; }
  Object& ObjectOf(Ref ref) { return objects_[values_[ref].index]; }
  Ref PersistentId(Ref ref) const { return static_cast<Ref>(values_[ref].data); }
  std::uint32_t PersistentIndex(Ref ref) const { return values_[ref].index; }

  bool IsString(Ref ref) const { return ref != kNoRef && KindOf(ref) == Kind::kString; }
  bool IsInt(Ref ref) const { return ref != kNoRef && KindOf(ref) == Kind::kInt; }
  bool HasItems(Ref ref) const;

  // Items of a tuple, list, dict (key, value, key, value, …), set or object, in order.
  ItemPosition Begin(Ref ref) const {
    const Value& value = values_[ref];
    if (value.kind != Kind::kTuple) return BeginSlices(ref);
    const auto [first, count] = Unpack(value.data);
    return {first, first + count, kNoRef};
  }
  // kNoRef at the end.
  Ref Next(ItemPosition& position) const {
    if (position.index == position.end) return NextSlice(position);
    return items_[position.index++];
  }
  // The first `count` items, or kNoRef for those that are not there.
  template <std::size_t count>
  std::array<Ref, count> First(Ref ref) const {
    ItemPosition position = Begin(ref);
    std::array<Ref, count> items{};
    for (Ref& item : items) item = Next(position);
    return items;
  }
  // The item at `index`, or kNoRef. Cheap for tuples.
  Ref Item(Ref ref, std::uint32_t index) const;
  std::uint64_t Count(Ref ref) const;
  // The value of a text key of a dict, or kNoRef. Looks at the first 64 keys.
  Ref Attribute(Ref dict, std::string_view name) const;

  // Building; used by the interpreter.
  Ref None() const { return 0; }
  Ref Bool(bool value) const { return value ? 2 : 1; }
  Ref AddInt(std::int64_t value) {
    if (value >= 0 && value < kSmallInts) return kFirstSmallInt + static_cast<Ref>(value);
    return Add(Kind::kInt, 0, static_cast<std::uint64_t>(value));
  }
  Ref AddFloat(double value);
  Ref AddString(const Text& text) { return AddText(Kind::kString, text); }
  Ref AddBytes(const Text& text) { return AddText(Kind::kBytes, text); }
  // `at`: offset of the opcode.
  Ref AddGlobal(std::string_view module, std::string_view name, std::uint64_t at);
  bool HasNoted(std::uint8_t code) const { return noted_[code]; }
  void NoteOpcode(std::uint8_t code, std::uint8_t next, std::uint64_t at);
  // `object` is given items or a state.
  void NoteFilled(Ref object, std::uint64_t at);
  Ref AddObject(Ref callee, Ref arguments) {
    const Ref ref =
        Add(Kind::kObject, objects_.push_back({.callee = callee, .arguments = arguments}), 0);
    object_refs_.push_back(ref);
    return ref;
  }
  Ref AddPersistent(Ref id) {
    const Ref ref = Add(Kind::kPersistent, persistents_.size(), id);
    persistents_.push_back(ref);
    return ref;
  }
  // kList, kDict, kSet, kTuple, kOpaque, kBigInt
  Ref AddEmpty(Kind kind) { return Add(kind, 0, kind == Kind::kTuple ? 0 : kNoSlices); }
  // Of from[begin] to from[end - 1].
  Ref AddTuple(const Chunked<Ref>& from, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t first = items_.size();
    Append(from, begin, end);
    return Add(Kind::kTuple, 0, Pack(first, end - begin));
  }
  void AddItem(Ref ref, Ref item);
  // Adds from[begin] to from[end - 1].
  void AddItems(Ref ref, const Chunked<Ref>& from, std::uint32_t begin, std::uint32_t end);

  // All globals, objects and persistent ids, in the order in which they were made.
  const std::vector<Global>& globals() const { return globals_; }
  // Every kind of opcode, in the order in which they first came.
  const std::vector<Opcode>& opcodes() const { return opcodes_; }
  std::uint32_t objects() const { return objects_.size(); }
  Ref object(std::uint32_t i) const { return object_refs_[i]; }
  std::uint32_t persistents() const { return persistents_.size(); }
  Ref persistent(std::uint32_t i) const { return persistents_[i]; }
  std::uint32_t size() const { return values_.size(); }

 private:
  struct Value {
    Kind kind = Kind::kNone;
    std::uint32_t index = 0;  // into texts_, globals_, objects_, persistents_
    // An integer, a double's bits, a tuple's first item and how many, or the first and last slice.
    std::uint64_t data = 0;
  };
  // A Text in less memory: most values of a checkpoint are texts.
  static constexpr std::size_t kMostKept = 0xffff;
  struct KeptText {
    const char* start = nullptr;
    std::uint64_t size = 0, offset = 0;
    std::uint16_t kept = 0;    // of text
    std::uint16_t opcode = 0;  // bytes from the opcode to the text, at most nine
  };
  struct Slice {
    std::uint32_t start = 0, count = 0, next = kNoRef;
  };
  static constexpr std::uint64_t kNoSlices = ~std::uint64_t{0};
  static constexpr std::int64_t kSmallInts = 256;  // made once: most sizes and strides are small
  static constexpr Ref kFirstSmallInt = 3;

  static std::uint64_t Pack(std::uint32_t first, std::uint32_t last) {
    return std::uint64_t{first} | std::uint64_t{last} << 32;
  }
  static std::pair<std::uint32_t, std::uint32_t> Unpack(std::uint64_t data) {
    return {static_cast<std::uint32_t>(data), static_cast<std::uint32_t>(data >> 32)};
  }

  Ref AddText(Kind kind, const Text& text) {
    const std::string_view kept = characters_.Keep(text.text.substr(0, kMostKept));
    return Add(kind,
               texts_.push_back({kept.data(), text.size, text.offset,
                                 static_cast<std::uint16_t>(kept.size()),
                                 static_cast<std::uint16_t>(text.offset - text.opcode_at)}),
               0);
  }
  Ref Add(Kind kind, std::uint32_t index, std::uint64_t data) {
    return values_.push_back({kind, index, data});
  }
  FirstSeen Now(std::uint64_t offset) const { return {persistents_.size(), offset}; }
  ItemPosition BeginSlices(Ref ref) const;
  Ref NextSlice(ItemPosition& position) const;
  ItemPosition SliceAt(std::uint32_t slice) const;
  void Append(const Chunked<Ref>& from, std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t i = begin; i < end; ++i) items_.push_back(from[i]);
  }
  void ExtendTuple(Value& tuple, const Chunked<Ref>& from, std::uint32_t begin, std::uint32_t end);
  // Appends to the value's last slice, or to a new one where items of others came between.
  void Extend(std::uint32_t& first, std::uint32_t& last, const Chunked<Ref>& from,
              std::uint32_t begin, std::uint32_t end);

  Budget& budget_;
  Chunked<Value> values_;
  Chunked<KeptText> texts_;
  Chunked<Object> objects_;
  Chunked<Ref> object_refs_;  // the values themselves
  Chunked<Ref> persistents_;  // the values themselves
  Chunked<Ref> items_;
  Chunked<Slice> slices_;
  Chunked<Ref> one_;  // the item of AddItem
  TextArena characters_;
  std::vector<Global> globals_;
  std::vector<Opcode> opcodes_;
  std::array<bool, 256> noted_{};                          // by opcode
  std::unordered_map<std::string_view, Ref> global_refs_;  // "module\nname"
};

}  // namespace portcullis::checkpoint
