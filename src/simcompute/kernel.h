// Owns: computing one operator on a simulated GPU with the CPU's kernel.
#pragma once

#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <string>
#include <vector>

#include "src/simcompute/device_check.h"

namespace portcullis::simcompute {

// What stands behind the CUDA key of an operator that the CPU can compute. Boxed, one for each
// operator; thread-safe, for it never changes.
class CpuKernel final : public c10::OperatorKernel {
 public:
  explicit CpuKernel(const c10::OperatorHandle& op);

  void operator()(const c10::OperatorHandle& op, c10::DispatchKeySet keys,
                  torch::jit::Stack* stack) const;

 private:
  enum class Kind { kTensor, kTensors, kOptionalTensors, kDevice, kGenerator };
  // An argument that the CPU's kernel must not see as it is.
  struct Argument {
    std::size_t position;
    Kind kind;
    bool written;
  };

  c10::DeviceIndex DeviceOf(c10::ArrayRef<c10::IValue> arguments) const;
  bool AreTogether(c10::ArrayRef<c10::IValue> arguments) const;

  std::string name_;
  DeviceCheck check_;
  std::vector<Argument> arguments_;
  bool is_foreach_;     // made of one call for each tensor, which may be on different devices
  bool draws_unasked_;  // from the CPU's default generator: it takes none
};

}  // namespace portcullis::simcompute
