#include "src/checkpoint/torch_calls.h"

#include <algorithm>
#include <iterator>

#include "src/checkpoint/limits.h"

namespace portcullis::checkpoint {
namespace {

struct Row {
  std::string_view module, name;
  Call call;
};

// torch/_utils.py, torch/_tensor.py, torch/storage.py, torch/jit/_pickle.py of PyTorch 2.11; the
// older names from the versions given.
constexpr Row kRows[] = {
    {"torch._utils", "_rebuild_tensor", Call::kTensor},
    {"torch._utils", "_rebuild_tensor_v2", Call::kTensor},
    {"torch._utils", "_rebuild_tensor_v3", Call::kTensorWithDtype},
    {"torch._utils", "_rebuild_qtensor", Call::kTensor},
    {"torch._utils", "_rebuild_nested_tensor", Call::kNestedTensor},
    {"torch._utils", "_rebuild_sparse_tensor", Call::kSparseTensor},
    {"torch._utils", "_rebuild_sparse_csr_tensor", Call::kSparseTensor},  // 1.9
    {"torch._utils", "_rebuild_meta_tensor_no_storage", Call::kMetaTensor},
    {"torch._utils", "_rebuild_device_tensor_from_numpy", Call::kFromNumpy},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", Call::kFromNumpy},
    {"torch._utils", "_rebuild_xla_tensor", Call::kFromNumpy},  // 1.4 to 1.11
    {"torch._utils", "_rebuild_wrapper_subclass", Call::kWrapperSubclass},
    {"torch._utils", "_rebuild_parameter", Call::kWrapped},
    {"torch._utils", "_rebuild_parameter_with_state", Call::kWrapped},
    {"torch.nn.parameter", "Parameter", Call::kWrapped},      // 0.3
    {"torch.autograd.variable", "Variable", Call::kWrapped},  // 0.3
    {"torch._tensor", "_rebuild_from_type", Call::kFromType},
    {"torch._tensor", "_rebuild_from_type_v2", Call::kFromType},
    {"torch.tensor", "_rebuild_from_type", Call::kFromType},  // 1.7
    {"torch", "device", Call::kDevice},
    {"torch.storage", "_load_from_bytes", Call::kLoadFromBytes},
    {"_codecs", "encode", Call::kEncode},
    {"torch.jit._pickle", "restore_type_tag", Call::kWrapped},
    {"torch.jit._pickle", "build_intlist", Call::kWrapped},  // up to 1.5
    {"torch.jit._pickle", "build_tensorlist", Call::kWrapped},
    {"torch.jit._pickle", "build_doublelist", Call::kWrapped},
    {"torch.jit._pickle", "build_boollist", Call::kWrapped},
    {"torch.jit._pickle", "build_tensor_from_id", Call::kWrapped},
    {"torch", "Size", Call::kWrapped},
    {"collections", "OrderedDict", Call::kMapping},
    {"collections", "defaultdict", Call::kMapping},
    {"collections", "Counter", Call::kMapping},
    {"builtins", "set", Call::kUnlisted},
    {"builtins", "frozenset", Call::kUnlisted},
    {"__builtin__", "set", Call::kUnlisted},
    {"__builtin__", "frozenset", Call::kUnlisted},
};

constexpr int kMostWraps = 16;  // Parameter(subclass(tensor)) and a little more

}  // namespace

Call CallOf(const Global& global) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&global](const Row& r) {
    return r.name == global.name && r.module == global.module;
  });
  return row == std::end(kRows) ? Call::kUnknown : row->call;
}

TorchCalls::TorchCalls(const Values& values) : values_(values) {
  by_global_.reserve(values.globals().size());
  for (const Global& global : values.globals()) by_global_.push_back(CallOf(global));
}

Call TorchCalls::CallOfGlobal(Ref ref) const {
  if (ref == kNoRef || values_.KindOf(ref) != Kind::kGlobal) return Call::kUnknown;
  return by_global_[values_.GlobalIndex(ref)];
}

Ref TorchCalls::CallView::Argument(const Values& values, std::uint32_t index) const {
  return arguments == kNoRef ? kNoRef : values.Item(arguments, index);
}

TorchCalls::CallView TorchCalls::View(Ref ref) const {
  if (ref == kNoRef || values_.KindOf(ref) != Kind::kObject) return {};
  const Object& object = values_.ObjectOf(ref);
  CallView view = {CallOfGlobal(object.callee), object.arguments};
  if (view.arguments != kNoRef && values_.KindOf(view.arguments) != Kind::kTuple) return {};
  if (view.call != Call::kFromType) return view;
  const CallView inner = {CallOfGlobal(view.Argument(values_, 0)), view.Argument(values_, 2)};
  const bool usable = inner.arguments != kNoRef && inner.call != Call::kFromType &&
                      values_.KindOf(inner.arguments) == Kind::kTuple;
  return usable ? inner : CallView{};
}

Ref TorchCalls::Argument(Ref ref, std::uint32_t index) const {
  return View(ref).Argument(values_, index);
}

Ref TorchCalls::Unwrap(Ref ref) const {
  for (int i = 0; i < kMostWraps; ++i) {
    const CallView view = View(ref);
    if (view.call != Call::kWrapped) return ref;
    const Ref inner = view.Argument(values_, 0);
    if (inner == kNoRef) return ref;
    ref = inner;
  }
  return ref;
}

std::string_view TorchCalls::ClassName(Ref ref) const {
  if (ref == kNoRef || values_.KindOf(ref) != Kind::kGlobal) return {};
  return values_.GlobalOf(ref).name;
}

Shape TorchCalls::SizesOf(Ref size) const {
  if (size != kNoRef) size = Unwrap(size);
  Shape shape;
  if (size == kNoRef || values_.KindOf(size) != Kind::kTuple) return shape;
  shape.reserve(std::min<std::uint64_t>(values_.Count(size), kMostDimensions));
  ItemPosition at = values_.Begin(size);
  for (Ref item = values_.Next(at); item != kNoRef; item = values_.Next(at)) {
    if (!values_.IsInt(item) || shape.size() == kMostDimensions) {
      shape.clear();
      break;
    }
    shape.push_back(values_.Int(item));
  }
  return shape;
}

// numpy's _reconstruct(…) with the state (version, shape, dtype, fortran, bytes).
Shape TorchCalls::SizesOfArray(Ref array) const {
  if (array == kNoRef || values_.KindOf(array) != Kind::kObject) return {};
  const Ref state = values_.ObjectOf(array).state;
  const bool usable = state != kNoRef && values_.KindOf(state) == Kind::kTuple;
  return usable ? SizesOf(values_.Item(state, 1)) : Shape();
}

Described TorchCalls::Plain(const CallView& view) const {
  Described tensor;
  if (view.arguments == kNoRef) return tensor;
  const auto [storage, offset, size] = values_.First<3>(view.arguments);
  tensor.storage = storage;
  tensor.shape = SizesOf(size);
  if (view.call == Call::kTensorWithDtype) tensor.dtype = DtypeOf(view.Argument(values_, 6));
  return tensor;
}

// COO: indices, values, size[, is_coalesced]; compressed: two indices, values, size.
std::optional<Described> TorchCalls::Sparse(const CallView& view) const {
  constexpr std::size_t kMostParts = 3;
  const Ref parts = view.Argument(values_, 1);
  if (parts == kNoRef || values_.KindOf(parts) != Kind::kTuple) return {};
  std::vector<Described> tensors;
  Ref item = kNoRef;
  for (ItemPosition at = values_.Begin(parts); (item = values_.Next(at)) != kNoRef;) {
    const CallView part = View(Unwrap(item));
    if (part.call != Call::kTensor && part.call != Call::kTensorWithDtype) break;
    if (tensors.size() == kMostParts) return {};
    tensors.push_back(Plain(part));
  }
  if (tensors.empty()) return {};
  Described whole = tensors.back();
  whole.shape = SizesOf(item);
  return whole;
}

std::optional<Described> TorchCalls::Describe(Ref ref) const {
  for (int wraps = 0; wraps < kMostWraps; ++wraps) {
    const CallView view = View(ref);
    Described tensor;
    switch (view.call) {
      case Call::kTensor:
      case Call::kTensorWithDtype:
        return Plain(view);
      case Call::kSparseTensor:
        return Sparse(view);
      case Call::kMetaTensor:
        tensor.dtype = DtypeOf(view.Argument(values_, 0));
        tensor.shape = SizesOf(view.Argument(values_, 1));
        tensor.is_meta = true;
        return tensor;
      case Call::kFromNumpy:
        tensor.dtype = DtypeOf(view.Argument(values_, 1));
        tensor.shape = SizesOfArray(view.Argument(values_, 0));
        tensor.device = view.Argument(values_, 2);
        return tensor;
      case Call::kWrapperSubclass:
        tensor.dtype = DtypeOf(view.Argument(values_, 1));
        tensor.shape = SizesOf(view.Argument(values_, 2));
        tensor.device = view.Argument(values_, 6);
        return tensor;
      case Call::kNestedTensor:
      case Call::kWrapped:
        ref = view.Argument(values_, 0);
        break;
      default:
        return {};
    }
  }
  return {};
}

}  // namespace portcullis::checkpoint
