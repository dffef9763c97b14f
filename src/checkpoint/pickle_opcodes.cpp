#include "src/checkpoint/pickle_opcodes.h"

#include <bit>
#include <charconv>
#include <optional>
#include <string>

#include "src/checkpoint/joblib_array.h"
#include "src/checkpoint/pickle_text.h"

namespace portcullis::checkpoint {
namespace {

using M = PickleMachine;

void Ignore(M&) {}

void Frame(M& m) { m.EnterFrame(m.in().U64()); }

void PushEmpty(M& m, Kind kind) { m.Push(m.values().AddEmpty(kind)); }
void PushInt(M& m, std::int64_t value) { m.Push(m.values().AddInt(value)); }

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  Number value = {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// "12", "12L", and in old pickles "00" and "01" for False and True.
void PushIntLine(M& m) {
  std::string_view line = m.in().Line();
  if (line == "00" || line == "01") {
    m.Push(m.values().Bool(line == "01"));
    return;
  }
  if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
  if (const auto value = Parse<std::int64_t>(line)) {
    PushInt(m, *value);
  } else if (line.find_first_not_of("+-0123456789") == std::string_view::npos && !line.empty()) {
    PushEmpty(m, Kind::kBigInt);
  } else {
    m.Damaged("of text that is no number", "a decimal number");
  }
}

void PushFloatLine(M& m) {
  const std::string_view line = m.in().Line();
  const auto value = Parse<double>(line.substr(line.starts_with('+') ? 1 : 0));
  if (!value) m.Damaged("of text that is no number", "a decimal number");
  m.Push(m.values().AddFloat(*value));
}

void PushFloat(M& m) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | m.in().U8();  // the one big-endian number
  m.Push(m.values().AddFloat(std::bit_cast<double>(bits)));
}

// Two's complement of any length.
void PushLong(M& m, std::uint64_t size) {
  if (size > 8) {
    m.in().Skip(size);
    PushEmpty(m, Kind::kBigInt);
    return;
  }
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < size; ++i) value |= std::uint64_t{m.in().U8()} << (8 * i);
  const unsigned unused = static_cast<unsigned>(64 - 8 * size);
  if (size > 0)
    value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
  PushInt(m, static_cast<std::int64_t>(value));
}

std::uint64_t DecimalLine(M& m) {
  const auto index = Parse<std::uint64_t>(m.in().Line());
  if (!index) m.Damaged("of text that is no memo index", "a decimal number");
  return *index;
}

Ref GlobalLines(M& m) {
  const std::string module(m.in().Line());
  return m.values().AddGlobal(module, m.in().Line(), m.opcode_at());
}

void StackGlobal(M& m) {
  const Ref name = m.Pop();
  const Ref module = m.Pop();
  if (!m.values().IsString(name) || !m.values().IsString(module)) {
    m.Damaged("on values that are no strings", "a module and a name");
  }
  m.Push(m.values().AddGlobal(m.values().TextOf(module).text, m.values().TextOf(name).text,
                              m.opcode_at()));
}

void Inst(M& m) {
  const Ref callee = GlobalLines(m);
  const Ref arguments = m.CollectMarked(Kind::kTuple);
  m.Push(m.values().AddObject(callee, arguments));
}

// MARK class argument … OBJ
void Obj(M& m) {
  const Ref all = m.CollectMarked(Kind::kTuple);
  ItemPosition at = m.values().Begin(all);
  const Ref callee = m.values().Next(at);
  if (callee == kNoRef) m.Damaged("without a class", "a class and its arguments");
  const Ref arguments = m.values().AddEmpty(Kind::kTuple);
  for (Ref item = m.values().Next(at); item != kNoRef; item = m.values().Next(at)) {
    m.values().AddItem(arguments, item);
  }
  m.Push(m.values().AddObject(callee, arguments));
}

void NewObjEx(M& m) {
  const Ref keywords = m.Pop();
  m.Reduce();
  m.values().ObjectOf(m.Top()).keywords = keywords;
}

void AddOne(M& m, bool pair) {
  const Ref value = m.Pop();
  const Ref key = pair ? m.Pop() : kNoRef;
  m.AddTo(m.Top(), key, value);
}

void Build(M& m) {
  m.Build();
  SkipJoblibArray(m);
}

void PersistentLine(M& m) {
  PushTextLine(m, TextForm::kPlain);
  m.Push(m.values().AddPersistent(m.Pop()));
}

void Extension(M& m, unsigned size) {
  m.in().Skip(size);
  PushEmpty(m, Kind::kOpaque);
}

// Lib/pickletools.py of Python 3.13.
constexpr PickleOpcode kOpcodes[] = {
    // frames and versions
    {0x80, "PROTO", [](M& m) { m.in().Skip(1); }},
    {0x95, "FRAME", Frame},
    {'.', "STOP", nullptr},
    // constants and numbers
    {'N', "NONE", [](M& m) { m.Push(m.values().None()); }},
    {0x88, "NEWTRUE", [](M& m) { m.Push(m.values().Bool(true)); }},
    {0x89, "NEWFALSE", [](M& m) { m.Push(m.values().Bool(false)); }},
    {'I', "INT", PushIntLine},
    {'L', "LONG", PushIntLine},
    {'J', "BININT", [](M& m) { PushInt(m, static_cast<std::int32_t>(m.in().U32())); }},
    {'K', "BININT1", [](M& m) { PushInt(m, m.in().U8()); }},
    {'M', "BININT2", [](M& m) { PushInt(m, m.in().U16()); }},
    {0x8a, "LONG1", [](M& m) { PushLong(m, m.in().U8()); }},
    {0x8b, "LONG4", [](M& m) { PushLong(m, m.in().U32()); }},
    {'F', "FLOAT", PushFloatLine},
    {'G', "BINFLOAT", PushFloat},
    // strings and bytes
    {'S', "STRING", [](M& m) { PushTextLine(m, TextForm::kQuoted); }},
    {'V', "UNICODE", [](M& m) { PushTextLine(m, TextForm::kRawUnicode); }},
    {'T', "BINSTRING", [](M& m) { m.PushText(Kind::kString, m.in().U32()); }},
    {'U', "SHORT_BINSTRING", [](M& m) { m.PushText(Kind::kString, m.in().U8()); }},
    {'X', "BINUNICODE", [](M& m) { m.PushText(Kind::kString, m.in().U32()); }},
    {0x8c, "SHORT_BINUNICODE", [](M& m) { m.PushText(Kind::kString, m.in().U8()); }},
    {0x8d, "BINUNICODE8", [](M& m) { m.PushText(Kind::kString, m.in().U64()); }},
    {'B', "BINBYTES", [](M& m) { m.PushText(Kind::kBytes, m.in().U32()); }},
    {'C', "SHORT_BINBYTES", [](M& m) { m.PushText(Kind::kBytes, m.in().U8()); }},
    {0x8e, "BINBYTES8", [](M& m) { m.PushText(Kind::kBytes, m.in().U64()); }},
    {0x96, "BYTEARRAY8", [](M& m) { m.PushText(Kind::kBytes, m.in().U64()); }},
    {0x97, "NEXT_BUFFER", [](M& m) { PushEmpty(m, Kind::kOpaque); }},
    {0x98, "READONLY_BUFFER", Ignore},
    // containers
    {'(', "MARK", [](M& m) { m.PushMark(); }},
    {')', "EMPTY_TUPLE", [](M& m) { PushEmpty(m, Kind::kTuple); }},
    {']', "EMPTY_LIST", [](M& m) { PushEmpty(m, Kind::kList); }},
    {'}', "EMPTY_DICT", [](M& m) { PushEmpty(m, Kind::kDict); }},
    {0x8f, "EMPTY_SET", [](M& m) { PushEmpty(m, Kind::kSet); }},
    {'t', "TUPLE", [](M& m) { m.Push(m.CollectMarked(Kind::kTuple)); }},
    {'l', "LIST", [](M& m) { m.Push(m.CollectMarked(Kind::kList)); }},
    {'d', "DICT", [](M& m) { m.Push(m.CollectMarked(Kind::kDict)); }},
    {0x91, "FROZENSET", [](M& m) { m.Push(m.CollectMarked(Kind::kSet)); }},
    {0x85, "TUPLE1", [](M& m) { m.PushTuple(1); }},
    {0x86, "TUPLE2", [](M& m) { m.PushTuple(2); }},
    {0x87, "TUPLE3", [](M& m) { m.PushTuple(3); }},
    {'a', "APPEND", [](M& m) { AddOne(m, false); }},
    {'e', "APPENDS", [](M& m) { m.ExtendMarked(false); }},
    {0x90, "ADDITEMS", [](M& m) { m.ExtendMarked(false); }},
    {'s', "SETITEM", [](M& m) { AddOne(m, true); }},
    {'u', "SETITEMS", [](M& m) { m.ExtendMarked(true); }},
    // stack and memo
    {'0', "POP", [](M& m) { m.PopValueOrMark(); }},
    {'1', "POP_MARK", [](M& m) { m.DropMarked(); }},
    {'2', "DUP", [](M& m) { m.Duplicate(); }},
    {'p', "PUT", [](M& m) { m.Remember(DecimalLine(m), m.Top()); }},
    {'q', "BINPUT", [](M& m) { m.Remember(m.in().U8(), m.Top()); }},
    {'r', "LONG_BINPUT", [](M& m) { m.Remember(m.in().U32(), m.Top()); }},
    {0x94, "MEMOIZE", [](M& m) { m.Memoize(); }},
    {'g', "GET", [](M& m) { m.Recall(DecimalLine(m)); }},
    {'h', "BINGET", [](M& m) { m.Recall(m.in().U8()); }},
    {'j', "LONG_BINGET", [](M& m) { m.Recall(m.in().U32()); }},
    // globals, calls and objects
    {'c', "GLOBAL", [](M& m) { m.Push(GlobalLines(m)); }},
    {0x93, "STACK_GLOBAL", StackGlobal},
    {0x82, "EXT1", [](M& m) { Extension(m, 1); }},
    {0x83, "EXT2", [](M& m) { Extension(m, 2); }},
    {0x84, "EXT4", [](M& m) { Extension(m, 4); }},
    {'R', "REDUCE", [](M& m) { m.Reduce(); }},
    {'b', "BUILD", Build},
    {'i', "INST", Inst},
    {'o', "OBJ", Obj},
    {0x81, "NEWOBJ", [](M& m) { m.Reduce(); }},
    {0x92, "NEWOBJ_EX", NewObjEx},
    {'P', "PERSID", PersistentLine},
    {'Q', "BINPERSID", [](M& m) { m.Push(m.values().AddPersistent(m.Pop())); }},
};

}  // namespace

const std::array<PickleOpcode, 256>& PickleOpcodes() {
  static const std::array<PickleOpcode, 256> kByCode = [] {
    std::array<PickleOpcode, 256> table = {};
    for (const PickleOpcode& row : kOpcodes) table[row.code] = row;
    return table;
  }();
  return kByCode;
}

}  // namespace portcullis::checkpoint
