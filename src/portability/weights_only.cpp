#include "src/portability/weights_only.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace portcullis::portability {
namespace {

// Names accepted as they stand. "__builtin__" is Python 2's name of builtins, which torch.save's
// protocol 2 still writes.
constexpr std::array<std::string_view, 58> kNames{
    "_codecs.encode",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.set",
    "__builtin__.bytearray",
    "__builtin__.complex",
    "__builtin__.set",
    "collections.Counter",
    "collections.OrderedDict",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch._tensor._rebuild_from_type_v2",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_nested_tensor",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_wrapper_subclass",
    "torch.bcomplex32",
    "torch.bfloat16",
    "torch.bits16",
    "torch.bits1x8",
    "torch.bits2x4",
    "torch.bits4x2",
    "torch.bits8",
    "torch.bool",
    "torch.complex128",
    "torch.complex32",
    "torch.complex64",
    "torch.float16",
    "torch.float32",
    "torch.float4_e2m1fn_x2",
    "torch.float64",
    "torch.float8_e4m3fn",
    "torch.float8_e4m3fnuz",
    "torch.float8_e5m2",
    "torch.float8_e5m2fnuz",
    "torch.float8_e8m0fnu",
    "torch.per_channel_affine",
    "torch.per_channel_affine_float_qparams",
    "torch.per_channel_symmetric",
    "torch.per_tensor_affine",
    "torch.per_tensor_symmetric",
    "torch.qint32",
    "torch.qint8",
    "torch.quint2x4",
    "torch.quint4x2"};

// PROTO and STOP; GLOBAL, NEWOBJ, REDUCE, BUILD, BINPERSID; APPEND, APPENDS, SETITEM, SETITEMS,
// MARK, TUPLE, TUPLE1 to 3; NONE, NEWFALSE, NEWTRUE, EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT,
// EMPTY_SET; BININT, BININT1, BININT2, LONG1, BINFLOAT, BINUNICODE, SHORT_BINSTRING; BINGET,
// LONG_BINGET, BINPUT, LONG_BINPUT.
constexpr std::string_view kOpcodes =
    "\x80."
    "c\x81RbQ"
    "aesu(t\x85\x86\x87"
    "N\x89\x88)]}\x8f"
    "JKM\x8aGXU"
    "hjqr";

// "torch.int8", "torch.uint3": every width that has a dtype.
bool IsIntegerType(std::string_view name) {
  constexpr std::array<std::string_view, 11> kWidths{"1", "2", "3",  "4",  "5", "6",
                                                     "7", "8", "16", "32", "64"};
  for (const std::string_view prefix : {"torch.int", "torch.uint", "torch.quint"}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view width = name.substr(prefix.size());
    if (prefix == "torch.quint") return width == "8";
    return std::find(kWidths.begin(), kWidths.end(), width) != kWidths.end();
  }
  return false;
}

// Element types of the old storage and tensor classes; which exist differs by kind.
constexpr std::array<std::string_view, 9> kTensorTypes{
    "BFloat16", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short"};
constexpr std::array<std::string_view, 3> kDenseTypes{"Bool", "ComplexDouble", "ComplexFloat"};
constexpr std::array<std::string_view, 5> kQuantTypes{"QInt32", "QInt8", "QUInt2x4", "QUInt4x2",
                                                      "QUInt8"};

template <std::size_t N>
bool Among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "torch.cuda.FloatStorage", "torch.sparse.HalfTensor", …
bool IsOldClass(std::string_view name) {
  std::string_view rest = name;
  if (!rest.starts_with("torch.")) return false;
  rest.remove_prefix(6);
  const bool cuda = rest.starts_with("cuda.");
  if (cuda) rest.remove_prefix(5);
  const bool sparse = rest.starts_with("sparse.");
  if (sparse) rest.remove_prefix(7);
  const bool tensor = rest.ends_with("Tensor");
  if (!tensor && !rest.ends_with("Storage")) return false;
  rest.remove_suffix(tensor ? 6 : 7);
  if (Among(kTensorTypes, rest)) return tensor || !sparse;
  if (sparse) return false;
  if (rest == "Bool") return true;
  return !tensor && (Among(kDenseTypes, rest) || (!cuda && Among(kQuantTypes, rest)));
}

// Names that not every version accepts: from the first to the last of those looked at that does.
struct Span {
  std::string_view name;
  TorchVersion since{};
  TorchVersion until{{1000, 0, 0}};
};
constexpr TorchVersion k26{{2, 6, 0}};
constexpr TorchVersion k211{{2, 11, 0}};
constexpr TorchVersion k215{{2, 15, 0}};
constexpr std::array kSpans{
    Span{"builtins.complex", k26},
    Span{"builtins.set", k26},
    Span{"__builtin__.complex", k26},
    Span{"__builtin__.set", k26},
    Span{"torch._utils._rebuild_device_tensor_from_cpu_tensor", k26},
    Span{"torch.uint16", k26},
    Span{"torch.uint32", k26},
    Span{"torch.uint64", k26},
    Span{"torch.float4_e2m1fn_x2", k211},
    Span{"torch.float8_e8m0fnu", k211},
    Span{"torch._utils._rebuild_nested_tensor", {}, {{2, 14, 1000}}},
    Span{"torch.bcomplex32", k215},
};

// The types of 1 to 7 bits, "torch.int3", "torch.uint7", accepted since 2.11.
bool IsNarrowInteger(std::string_view name) {
  return IsIntegerType(name) && !name.starts_with("torch.quint") && !name.ends_with("8") &&
         name.find_first_of("0123456789") == name.size() - 1;
}

bool IsOfVersion(std::string_view name, const TorchVersion& torch) {
  if (IsNarrowInteger(name)) return torch >= k211;
  const auto* span =
      std::find_if(kSpans.begin(), kSpans.end(), [&](const Span& s) { return s.name == name; });
  return span == kSpans.end() || (torch >= span->since && torch <= span->until);
}

}  // namespace

bool WeightsOnlyAccepts(std::string_view global, const TorchVersion& torch) {
  const bool known = Among(kNames, global) || IsIntegerType(global) || IsOldClass(global);
  return known && IsOfVersion(global, torch);
}

std::vector<std::string> WeightsOnlyRefuses(const std::vector<checkpoint::PickledGlobal>& globals,
                                            const TorchVersion& torch) {
  std::vector<std::string> refused;
  for (const checkpoint::PickledGlobal& global : globals) {
    if (!WeightsOnlyAccepts(global.name, torch)) refused.push_back(global.name);
  }
  return refused;
}

bool WeightsOnlyKnows(std::uint8_t opcode) {
  return kOpcodes.find(static_cast<char>(opcode)) != std::string_view::npos;
}

std::optional<UnpicklingEnd> WeightsOnlyEndOf(const checkpoint::DeviceMap& subject,
                                              const TorchVersion& torch) {
  FirstEnd end;
  for (const checkpoint::PickledGlobal& global : subject.globals) {
    if (WeightsOnlyAccepts(global.name, torch)) continue;
    end.Add(global.first, "weights-only", fmt::format("weights_only=True refuses {}", global.name));
  }
  for (const checkpoint::PickledOpcode& opcode : subject.opcodes) {
    if (WeightsOnlyKnows(opcode.code)) continue;
    end.Add(opcode.first, "weights-only-opcode",
            fmt::format("weights_only=True does not know the opcode {} of another pickle protocol "
                        "than 2",
                        opcode.code));
  }
  return end.Take();
}

}  // namespace portcullis::portability
