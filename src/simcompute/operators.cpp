#include "src/simcompute/operators.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/simcompute/copy.h"
#include "src/simcompute/equal.h"
#include "src/simcompute/kernel.h"
#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

// Operators whose CUDA kernels only make or describe tensors, or call the CUDA runtime and no
// kernel: PyTorch's own serve.
constexpr std::array<std::string_view, 20> kLeftAlone = {
    "aten::_efficientzerotensor",
    "aten::_local_scalar_dense",
    "aten::_reshape_alias",
    "aten::as_strided",
    "aten::copy_",  // ours, below
    "aten::empty.memory_format",
    "aten::empty_strided",
    "aten::equal",  // ours, below
    "aten::is_set_to",
    "aten::record_stream",
    "aten::resize_",
    "aten::set_",
    "aten::set_.source_Storage",
    "aten::set_.source_Storage_storage_offset",
    "aten::set_.source_Tensor",
    "aten::unfold",
    "aten::view",
    "aten::view.dtype",
    "aten::view_as_complex",
    "aten::view_as_real",
};
static_assert(std::is_sorted(kLeftAlone.begin(), kLeftAlone.end()));

// Operators that have no CUDA kernel of their own, and whose common code chooses one by the device.
constexpr std::array kAlso = {"aten::convolution", "aten::cudnn_is_acceptable"};

// Questions whether cuDNN or MIOpen can compute something. Neither can; what was asked for then
// takes the way that it has without them.
constexpr std::array<std::string_view, 5> kNo = {
    "aten::_use_cudnn_ctc_loss",  "aten::_use_cudnn_ctc_loss.Tensor",
    "aten::_use_miopen_ctc_loss", "aten::_use_miopen_ctc_loss.Tensor",
    "aten::cudnn_is_acceptable",  // of recurrent layers
};
static_assert(std::is_sorted(kNo.begin(), kNo.end()));

class No final : public c10::OperatorKernel {
 public:
  void operator()(const c10::OperatorHandle& op, c10::DispatchKeySet,
                  torch::jit::Stack* stack) const {
    torch::jit::drop(*stack, op.schema().arguments().size());
    torch::jit::push(*stack, false);
  }
};

// An operator of the CUDA key that the CPU cannot compute: says so by name.
class Refusal final : public c10::OperatorKernel {
 public:
  void operator()(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack*) const {
    TORCH_CHECK_NOT_IMPLEMENTED(
        false, toString(op.operator_name()),
        " is not computed on a simulated GPU: the CPU has no kernel for it");
  }
};

class Silence final : public c10::WarningHandler {
 public:
  void process(const c10::Warning&) override {}
};

// Registrations last as long as the process.
void Register(const c10::OperatorName& name, c10::KernelFunction kernel) {
  static auto* kept = new std::vector<c10::RegistrationHandleRAII>;
  kept->push_back(c10::Dispatcher::singleton().registerImpl(
      name, c10::DispatchKey::CUDA, std::move(kernel), std::nullopt, nullptr, "portcullis"));
}

template <class Functor, class... Arguments>
void Register(const c10::OperatorName& name, Arguments&&... arguments) {
  Register(name, c10::KernelFunction::makeFromBoxedFunctor(
                     std::make_unique<Functor>(std::forward<Arguments>(arguments)...)));
}

bool IsLeftAlone(const std::string& name) {
  // Collectives: their process groups do the work, and say what they cannot do.
  return name.starts_with("c10d::") ||
         std::binary_search(kLeftAlone.begin(), kLeftAlone.end(), name);
}

void TakeOver(const c10::OperatorName& name) {
  const auto op = c10::Dispatcher::singleton().findSchema(name);
  if (!op) return;  // a kernel whose operator was never defined
  if (IsLeftAlone(toString(name))) return;
  const auto substitute = AllSubstitutes().find(toString(name));
  if (std::binary_search(kNo.begin(), kNo.end(), toString(name))) {
    Register<No>(name);
  } else if (substitute != AllSubstitutes().end()) {
    Register<CpuKernel>(name, *op, &substitute->second);
  } else if (op->hasComputedKernelForDispatchKey(c10::DispatchKey::CPU)) {
    Register<CpuKernel>(name, *op);
  } else {
    Register<Refusal>(name);
  }
}

}  // namespace

void TakeOverOperators() {
  // PyTorch warns about kernels that are registered twice; here that is the purpose.
  Silence silence;
  const c10::WarningUtils::WarningHandlerGuard silent(&silence);
  for (const c10::OperatorName& name :
       c10::Dispatcher::singleton().getRegistrationsForDispatchKey(c10::DispatchKey::CUDA)) {
    TakeOver(name);
  }
  Register({"aten::copy_", ""}, c10::KernelFunction::makeFromUnboxedFunction(TORCH_FN(Copy)));
  Register({"aten::equal", ""}, c10::KernelFunction::makeFromUnboxedFunction(TORCH_FN(Equal)));
  for (const char* name : kAlso) {
    TakeOver({name, ""});
  }
}

}  // namespace portcullis::simcompute
