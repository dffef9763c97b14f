#include "src/checkpoint/values.h"

#include <bit>
#include <string>
#include <utility>

namespace portcullis::checkpoint {

Values::Values(Budget& budget)
    : budget_(budget),
      values_(budget),
      texts_(budget),
      objects_(budget),
      object_refs_(budget),
      persistents_(budget),
      items_(budget),
      slices_(budget),
      one_(budget),
      characters_(budget) {
  Add(Kind::kNone, 0, 0);
  Add(Kind::kBool, 0, 0);
  Add(Kind::kBool, 0, 1);
  for (std::int64_t i = 0; i < kSmallInts; ++i) Add(Kind::kInt, 0, static_cast<std::uint64_t>(i));
}

double Values::Float(Ref ref) const { return std::bit_cast<double>(values_[ref].data); }

bool Values::HasItems(Ref ref) const {
  switch (KindOf(ref)) {
    case Kind::kTuple:
    case Kind::kList:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kObject:
      return true;
    default:
      return false;
  }
}

ItemPosition Values::SliceAt(std::uint32_t slice) const {
  if (slice == kNoRef) return {};
  const Slice& found = slices_[slice];
  return {found.start, found.start + found.count, found.next};
}

ItemPosition Values::BeginSlices(Ref ref) const {
  if (!HasItems(ref)) return {};
  if (KindOf(ref) == Kind::kObject) return SliceAt(ObjectOf(ref).first);
  return SliceAt(Unpack(values_[ref].data).first);
}

// The first item of the next slice that has any.
Ref Values::NextSlice(ItemPosition& position) const {
  while (position.index == position.end) {
    if (position.next == kNoRef) return kNoRef;
    position = SliceAt(position.next);
  }
  return items_[position.index++];
}

Ref Values::Item(Ref ref, std::uint32_t index) const {
  ItemPosition position = Begin(ref);
  for (;;) {
    const std::uint32_t count = position.end - position.index;
    if (index < count) return items_[position.index + index];
    if (position.next == kNoRef) return kNoRef;
    index -= count;
    position = SliceAt(position.next);
  }
}

std::uint64_t Values::Count(Ref ref) const {
  ItemPosition position = Begin(ref);
  std::uint64_t count = position.end - position.index;
  while (position.next != kNoRef) {
    position = SliceAt(position.next);
    count += position.end - position.index;
  }
  return count;
}

Ref Values::Attribute(Ref dict, std::string_view name) const {
  constexpr int kMostLooks = 64;  // torch.nn.Module's own attributes come first
  if (dict == kNoRef || KindOf(dict) != Kind::kDict) return kNoRef;
  ItemPosition at = Begin(dict);
  for (int i = 0; i < kMostLooks; ++i) {
    const Ref key = Next(at);
    const Ref value = Next(at);
    if (key == kNoRef || value == kNoRef) return kNoRef;
    if (IsString(key) && TextOf(key).text == name) return value;
  }
  return kNoRef;
}

Ref Values::AddFloat(double value) {
  return Add(Kind::kFloat, 0, std::bit_cast<std::uint64_t>(value));
}

Ref Values::AddGlobal(std::string_view module, std::string_view name, std::uint64_t at) {
  std::string key(module);
  key += '\n';
  key += name;
  const auto known = global_refs_.find(key);
  if (known != global_refs_.end()) return known->second;
  budget_.Take(sizeof(Global) + 64);
  const std::string_view kept = characters_.Keep(key);
  globals_.push_back(
      {kept.substr(0, module.size()), kept.substr(module.size() + 1), Now(at), std::nullopt});
  const Ref ref = Add(Kind::kGlobal, static_cast<std::uint32_t>(globals_.size() - 1), 0);
  global_refs_.emplace(kept, ref);
  return ref;
}

void Values::NoteOpcode(std::uint8_t code, std::uint8_t next, std::uint64_t at) {
  noted_[code] = true;
  opcodes_.push_back({code, next, Now(at)});
}

void Values::NoteFilled(Ref object, std::uint64_t at) {
  const Ref callee = ObjectOf(object).callee;
  if (callee == kNoRef || KindOf(callee) != Kind::kGlobal) return;
  Global& global = globals_[values_[callee].index];
  if (!global.filled) global.filled = Now(at);
}

void Values::AddItem(Ref ref, Ref item) {
  one_.truncate(0);
  one_.push_back(item);
  AddItems(ref, one_, 0, 1);
}

void Values::AddItems(Ref ref, const Chunked<Ref>& from, std::uint32_t begin, std::uint32_t end) {
  if (begin == end) return;
  if (KindOf(ref) == Kind::kObject) {
    Object& object = ObjectOf(ref);
    Extend(object.first, object.last, from, begin, end);
    return;
  }
  Value& value = values_[ref];
  if (value.kind == Kind::kTuple) return ExtendTuple(value, from, begin, end);
  auto [first, last] = Unpack(value.data);
  Extend(first, last, from, begin, end);
  value.data = Pack(first, last);
}

// A tuple's items are one run: those that it has are copied if others came behind them.
void Values::ExtendTuple(Value& tuple, const Chunked<Ref>& from, std::uint32_t begin,
                         std::uint32_t end) {
  auto [start, count] = Unpack(tuple.data);
  if (start + count != items_.size()) {
    const std::uint32_t moved_to = items_.size();
    for (std::uint32_t i = 0; i < count; ++i) items_.push_back(items_[start + i]);
    start = moved_to;
  }
  Append(from, begin, end);
  tuple.data = Pack(start, count + (end - begin));
}

void Values::Extend(std::uint32_t& first, std::uint32_t& last, const Chunked<Ref>& from,
                    std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t at = items_.size();
  Append(from, begin, end);
  if (last != kNoRef && slices_[last].start + slices_[last].count == at) {
    slices_[last].count += end - begin;
    return;
  }
  const std::uint32_t slice = slices_.push_back({at, end - begin, kNoRef});
  if (last == kNoRef) {
    first = slice;
  } else {
    slices_[last].next = slice;
  }
  last = slice;
}

}  // namespace portcullis::checkpoint
