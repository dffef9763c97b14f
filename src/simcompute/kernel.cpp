#include "src/simcompute/kernel.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/cuda/CUDAGuard.h>

#include <optional>

#include "src/simcompute/aliases.h"
#include "src/simcompute/device_allocator.h"
#include "src/simcompute/device_view.h"
#include "src/simcompute/random.h"
#include "src/simcompute/substitutes/substitutes.h"
#include "src/simcompute/widen.h"

namespace portcullis::simcompute {
namespace {

using c10::IValue;

const c10::DispatchKeySet kCpu(c10::DispatchKey::CPU);

IValue AliasesOf(Aliases& aliases, const IValue& tensors, bool written) {
  c10::List<at::Tensor> list;
  list.reserve(tensors.toListRef().size());
  for (const IValue& tensor : tensors.toListRef()) {
    list.push_back(aliases.Of(tensor.toTensor(), written));
  }
  return list;
}

IValue AliasesOfOptional(Aliases& aliases, const IValue& tensors, bool written) {
  c10::List<std::optional<at::Tensor>> list;
  list.reserve(tensors.toListRef().size());
  for (const IValue& tensor : tensors.toListRef()) {
    list.push_back(tensor.isTensor() ? std::optional(aliases.Of(tensor.toTensor(), written))
                                     : std::nullopt);
  }
  return list;
}

// What a returned value is on the device.
void ComeBack(Aliases& aliases, IValue& value) {
  if (value.isTensor()) {
    value = aliases.Back(value.toTensor());
  } else if (value.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const IValue& tensor : value.toListRef()) list.push_back(aliases.Back(tensor.toTensor()));
    value = std::move(list);
  }
}

}  // namespace

CpuKernel::CpuKernel(const c10::OperatorHandle& op, const c10::KernelFunction* substitute)
    : name_(op.schema().name()),
      full_name_(toString(op.operator_name())),
      check_(op.schema()),
      blas_(op.schema()),
      substitute_(substitute),
      is_mutable_(op.schema().is_mutable()),
      is_foreach_(op.schema().name().starts_with("aten::_foreach_")),
      has_more_dtypes_(CudaHasMoreDtypes(name_)),
      draws_unasked_(op.hasTag(at::Tag::nondeterministic_seeded)) {
  const std::vector<c10::Argument>& arguments = op.schema().arguments();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const c10::Type& type = *arguments[i].type();
    const bool written = arguments[i].alias_info() && arguments[i].alias_info()->isWrite();
    const auto add = [&](Kind kind) { arguments_.push_back({i, kind, written}); };
    if (type.isSubtypeOf(*c10::OptionalType::create(c10::TensorType::get()))) {
      add(Kind::kTensor);
    } else if (type.isSubtypeOf(*c10::ListType::ofTensors())) {
      add(Kind::kTensors);
    } else if (type.isSubtypeOf(*c10::ListType::ofOptionalTensors())) {
      add(Kind::kOptionalTensors);
    } else if (type.isSubtypeOf(*c10::OptionalType::create(c10::DeviceObjType::get()))) {
      add(Kind::kDevice);
    } else if (type.isSubtypeOf(*c10::OptionalType::create(c10::GeneratorType::get()))) {
      add(Kind::kGenerator);
      draws_unasked_ = false;
    }
  }
}

// The device of the first tensor on a GPU; without one, the device asked for.
c10::DeviceIndex CpuKernel::DeviceOf(c10::ArrayRef<IValue> arguments) const {
  c10::DeviceIndex device = -1;
  for (const Argument& argument : arguments_) {
    const IValue& value = arguments[argument.position];
    if (argument.kind == Kind::kDevice && value.isDevice() && value.toDevice().has_index()) {
      device = value.toDevice().index();
    }
    ForEachTensor(value, [&](const at::Tensor& tensor) {
      if (device < 0 && tensor.is_cuda()) device = tensor.device().index();
    });
    if (device >= 0) return device;
  }
  return c10::cuda::current_device();
}

bool CpuKernel::AreTogether(c10::ArrayRef<IValue> arguments) const {
  std::optional<c10::Device> common;
  bool together = true;
  for (const Argument& argument : arguments_) {
    ForEachTensor(arguments[argument.position], [&](const at::Tensor& tensor) {
      if (argument.kind == Kind::kTensor && tensor.is_cpu() && tensor.dim() == 0) return;
      if (!common) common = tensor.device();
      together &= tensor.device() == *common;
    });
  }
  return together;
}

void CpuKernel::Compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) const {
  if (substitute_) {
    substitute_->callBoxed(op, kCpu, stack);
  } else {
    op.redispatchBoxed(kCpu, stack);
  }
}

void CpuKernel::ComputeInAnyDtype(const c10::OperatorHandle& op, torch::jit::Stack* stack) const {
  const std::size_t count = op.schema().arguments().size();
  const std::vector<IValue> arguments(stack->end() - static_cast<std::ptrdiff_t>(count),
                                      stack->end());
  const std::size_t below = stack->size() - count;
  try {
    return Compute(op, stack);
  } catch (const c10::Error& error) {
    if (!IsAboutDtype(error)) throw;
  }
  stack->resize(below);
  stack->insert(stack->end(), arguments.begin(), arguments.end());
  Widened widened(op.schema());
  widened.Widen(*stack);
  Compute(op, stack);
  widened.FinishWrites();
  for (std::size_t i = below; i < stack->size(); ++i) {
    IValue& result = (*stack)[i];
    if (result.isTensor()) result = widened.Narrow(result.toTensor());
  }
}

void CpuKernel::operator()(const c10::OperatorHandle& op, c10::DispatchKeySet,
                           torch::jit::Stack* stack) const {
  const std::size_t count = op.schema().arguments().size();
  const c10::ArrayRef<IValue> arguments = torch::jit::last(*stack, count);
  if (is_foreach_) {
    if (!AreTogether(arguments)) return op.redispatchBoxed(kCpu, stack);
  } else {
    check_(arguments);
  }
  const c10::DeviceIndex device = DeviceOf(arguments);
  const c10::cuda::CUDAGuard on_device(device);
  LaunchOperator(device, name_.c_str());
  const Blas blas = blas_(arguments);
  if (is_mutable_) TakeWorkspaces(blas);  // if there is no room, nothing was written

  Aliases aliases(device, full_name_.c_str());
  for (const Argument& argument : arguments_) {
    IValue& value = torch::jit::peek(*stack, argument.position, count);
    switch (argument.kind) {
      case Kind::kTensor:
        if (value.isTensor()) value = aliases.Of(value.toTensor(), argument.written);
        break;
      case Kind::kTensors:
        if (!value.isNone()) value = AliasesOf(aliases, value, argument.written);
        break;
      case Kind::kOptionalTensors:
        value = AliasesOfOptional(aliases, value, argument.written);
        break;
      case Kind::kDevice:
        if (value.isDevice()) value = c10::Device(c10::DeviceType::CPU);
        break;
      case Kind::kGenerator:
        value = NextGenerator(value.toOptional<at::Generator>(), device);
        break;
    }
  }
  if (draws_unasked_) OperatorGenerator() = NextGenerator(std::nullopt, device);
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    const AllocateOnDevice allocate(device);
    if (has_more_dtypes_) {
      ComputeInAnyDtype(op, stack);
    } else {
      Compute(op, stack);
    }
  }
  if (!is_mutable_) TakeWorkspaces(blas);  // a new result is allocated first
  aliases.FinishWrites();
  for (std::size_t i = 0; i < op.schema().returns().size(); ++i) {
    ComeBack(aliases, torch::jit::peek(*stack, i, op.schema().returns().size()));
  }
}

}  // namespace portcullis::simcompute
