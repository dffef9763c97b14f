#include "src/simcompute/device_check.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/op_registration/adaption.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace portcullis::simcompute {
namespace {

// The generated wrappers of this PyTorch that check devices, sorted: every "wrapper_CUDA_…" that
// its libtorch_cuda holds as text (generate/wrappers.py).
constexpr std::string_view kWrappers[] = {
#include "wrappers.inc"
};

std::string Find(const std::string& name) {
  return std::binary_search(std::begin(kWrappers), std::end(kWrappers), name) ? name : "";
}

bool HoldsTensors(const c10::Argument& argument) {
  return argument.type()->isSubtypeOf(*c10::OptionalType::create(c10::TensorType::get())) ||
         argument.type()->isSubtypeOf(*c10::ListType::ofTensors()) ||
         argument.type()->isSubtypeOf(*c10::ListType::ofOptionalTensors());
}

bool IsOutput(const c10::Argument& argument) {
  return argument.kwarg_only() && argument.alias_info() && argument.alias_info()->isWrite();
}

// How torchgen names the wrapper of an operator (torchgen/dest/register_dispatch_key.py, 2.11):
// wrapper_CUDA_<overload>_<function>, or of a structured one wrapper_CUDA_<function>_<overload>.
std::string WrapperOf(const c10::FunctionSchema& schema) {
  constexpr std::string_view kNamespace = "aten::";
  std::string function = schema.name();
  if (!function.starts_with(kNamespace)) return "";
  function.erase(0, kNamespace.size());
  if (std::any_of(schema.arguments().begin(), schema.arguments().end(), IsOutput)) {
    function += "_out";
  }
  const std::string& overload = schema.overload_name();
  std::string name = Find("wrapper_CUDA_" + overload + "_" + function);
  if (name.empty()) {
    name = Find("wrapper_CUDA_" + function + (overload.empty() ? "" : "_" + overload));
  }
  return name;
}

}  // namespace

DeviceCheck::DeviceCheck(const c10::FunctionSchema& schema) : wrapper_(WrapperOf(schema)) {
  for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    if (!HoldsTensors(argument)) continue;
    const bool is_output = IsOutput(argument);
    if (!is_output && argument.kwarg_only()) continue;
    arguments_.push_back({i, argument.name(), is_output});
  }
  std::stable_partition(arguments_.begin(), arguments_.end(),
                        [](const Argument& argument) { return argument.is_output; });
}

void DeviceCheck::operator()(c10::ArrayRef<c10::IValue> arguments) const {
  if (wrapper_.empty()) {
    CheckAsIterator(arguments);
  } else {
    CheckAsWrapper(arguments);
  }
}

void DeviceCheck::CheckAsWrapper(c10::ArrayRef<c10::IValue> arguments) const {
  std::optional<c10::Device> common;
  for (const Argument& argument : arguments_) {
    ForEachTensor(arguments[argument.position], [&](const at::Tensor& tensor) {
      c10::impl::check_and_update_common_device(common, tensor, wrapper_.c_str(),
                                                argument.name.c_str());
    });
  }
}

// As TensorIteratorBase::compute_types does it (aten/src/ATen/TensorIterator.cpp, 2.11).
void DeviceCheck::CheckAsIterator(c10::ArrayRef<c10::IValue> arguments) const {
  c10::Device common(c10::DeviceType::CPU);
  for (const Argument& argument : arguments_) {
    ForEachTensor(arguments[argument.position], [&](const at::Tensor& tensor) {
      if (common.is_cpu()) common = tensor.device();
    });
  }
  for (const Argument& argument : arguments_) {
    const bool is_index = argument.name == "indices";  // those of x[i] may stay on the CPU
    ForEachTensor(arguments[argument.position], [&](const at::Tensor& tensor) {
      if (is_index && tensor.is_cpu()) return;
      const bool is_scalar = !argument.is_output && tensor.dim() == 0 && tensor.is_cpu();
      TORCH_CHECK(is_scalar || tensor.device() == common,
                  "Expected all tensors to be on the same device, but found at least two devices, ",
                  common, " and ", tensor.device(), "!");
    });
  }
}

}  // namespace portcullis::simcompute
