#include "src/portability/cpp_unpickler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "src/checkpoint/device_name.h"
#include "src/checkpoint/dtypes.h"
#include "src/portability/trouble.h"

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;
using checkpoint::PickledGlobal;
using checkpoint::PickledOpcode;

constexpr std::string_view kFromType = "torch._tensor._rebuild_from_type_v2";
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

// Unpickler::readGlobal without a type resolver.
constexpr std::array<std::string_view, 19> kGlobals{"__main__.TensorID",
                                                    "__main__.IntList",
                                                    "builtins.complex",
                                                    "torch.device",
                                                    "torch._utils._rebuild_tensor_v2",
                                                    "torch._utils._rebuild_qtensor",
                                                    "torch._utils._rebuild_sparse_tensor",
                                                    "torch.jit._pickle.build_tensor_from_id",
                                                    "torch.jit._pickle.restore_type_tag",
                                                    "torch.jit._pickle.build_intlist",
                                                    "torch.jit._pickle.build_tensorlist",
                                                    "torch.jit._pickle.build_doublelist",
                                                    "torch.jit._pickle.build_boollist",
                                                    "torch.per_channel_affine",
                                                    "torch.per_channel_affine_float_qparams",
                                                    "torch.per_channel_symmetric",
                                                    "torch.per_tensor_affine",
                                                    "torch.per_tensor_symmetric",
                                                    kFromType};

// Unpickler::readInstruction: PROTO at the start and STOP; GLOBAL, NEWOBJ, REDUCE, BUILD,
// BINPERSID; APPEND, APPENDS, SETITEM, SETITEMS; MARK, TUPLE, TUPLE1 to 3, LIST, DICT, EMPTY_TUPLE,
// EMPTY_LIST, EMPTY_DICT; NONE, NEWFALSE, NEWTRUE; BININT, BININT1, BININT2, LONG1, BINFLOAT,
// BINUNICODE; BINGET, LONG_BINGET, BINPUT, LONG_BINPUT.
constexpr std::string_view kOpcodes =
    "\x80."
    "c\x81RbQ"
    "aesu"
    "(t\x85\x86\x87"
    "ld)]}"
    "N\x89\x88"
    "JKM\x8aGX"
    "hjqr";

// Parameters, Buffers and the tag mtia: since some version between 2.6.0 and this one.
constexpr TorchVersion kLater{{2, 11, 0}};

// "torch.FloatStorage", of every type that LibTorch has.
bool IsStorageClass(std::string_view global) {
  constexpr std::string_view kModule = "torch.";
  if (!global.starts_with(kModule)) return false;
  const std::string_view name = global.substr(kModule.size());
  return name != "UntypedStorage" && checkpoint::DtypeByStorage(name) != nullptr;
}

bool IsKnown(const PickledGlobal& global, const TorchVersion& torch) {
  if (global.name == kOrderedDict || IsStorageClass(global.name)) return true;
  if (global.name == "torch._utils._rebuild_parameter") return torch >= kLater;
  return std::find(kGlobals.begin(), kGlobals.end(), global.name) != kGlobals.end();
}

void AddGlobals(const DeviceMap& subject, const TorchVersion& torch, FirstEnd& end) {
  // Where _rebuild_from_type_v2 names a type, which is not asked for.
  std::size_t type_at = subject.globals.size();
  for (std::size_t i = 0; i < subject.globals.size(); ++i) {
    const PickledGlobal& global = subject.globals[i];
    if (global.name == kFromType) type_at = i + 2;
    if (i == type_at || IsKnown(global, torch)) continue;
    const bool is_plain_tensor = i + 1 == type_at && global.name == "torch.Tensor";
    if (is_plain_tensor && torch >= kLater) continue;
    end.Add(global.first, "unpickler-global",
            fmt::format("LibTorch's unpickler does not know {}", global.name));
  }
}

void AddOpcodes(const DeviceMap& subject, FirstEnd& end) {
  constexpr std::uint8_t kLongBytes = 8;
  for (const PickledOpcode& opcode : subject.opcodes) {
    const bool is_short_long = opcode.code == checkpoint::kOpcodeLong1 && opcode.next != kLongBytes;
    if (is_short_long) {
      end.Add(opcode.first, "unpickler-opcode",
              "LibTorch's unpickler reads no whole number beyond 32 bits as Python writes it");
    } else if (kOpcodes.find(static_cast<char>(opcode.code)) == std::string_view::npos) {
      end.Add(opcode.first, "unpickler-opcode",
              fmt::format("LibTorch's unpickler does not know the opcode {}", opcode.code));
    }
  }
}

std::optional<UnpicklingEnd> WrongProtocol(const DeviceMap& subject) {
  constexpr std::uint8_t kProtocol = 2;
  const PickledOpcode* proto = FindOpcode(subject, checkpoint::kOpcodeProto);
  if (proto == nullptr) {
    return UnpicklingEnd{
        {}, "not-a-pickle", "a pickle of protocol 0 or 1, and LibTorch reads protocol 2"};
  }
  if (proto->next == kProtocol) return std::nullopt;
  return UnpicklingEnd{
      {},
      "unpickler-protocol",
      fmt::format("a pickle of protocol {}, and LibTorch reads protocol 2", proto->next)};
}

}  // namespace

std::optional<UnpicklingEnd> PickleLoadEndOf(const DeviceMap& subject, const TorchVersion& torch) {
  if (subject.opcodes.empty()) return std::nullopt;  // nothing was unpickled
  if (auto wrong = WrongProtocol(subject)) return wrong;
  FirstEnd end;
  AddGlobals(subject, torch, end);
  AddOpcodes(subject, end);
  for (const PickledGlobal& global : subject.globals) {
    if (global.name != kOrderedDict || !global.filled) continue;
    end.Add(*global.filled, "pickle-not-a-dict", "torch::pickle_load reads no OrderedDict");
  }
  return end.Take();
}

std::optional<Prediction> UnpicklerRefuses(const std::string& tag, const std::string& device,
                                           const TorchVersion& torch) {
  if (!checkpoint::ParsesAsDevice(tag)) {
    return Raises("bad-device-string", fmt::format("'{}' is no device's name", tag));
  }
  const std::size_t colon = device.find(':');
  const std::string_view type = std::string_view(device).substr(0, colon);
  constexpr std::array<std::string_view, 4> kAlwaysThere{"", "cpu", "cuda", "meta"};
  constexpr std::array<std::string_view, 5> kAsksFor{"xpu", "mtia", "hpu", "mps", "privateuseone"};
  if (std::find(kAlwaysThere.begin(), kAlwaysThere.end(), type) != kAlwaysThere.end()) return {};
  const bool is_later = type == "mtia" && torch < kLater;
  if (is_later || std::find(kAsksFor.begin(), kAsksFor.end(), type) == kAsksFor.end()) {
    return Raises("unknown-tag", fmt::format("LibTorch restores nothing to {}", device));
  }
  return Raises(colon == std::string::npos ? "not-linked" : "missing-backend",
                fmt::format("this PyTorch is built without {}", type));
}

}  // namespace portcullis::portability
