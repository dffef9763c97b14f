// Owns: computing one operator on a simulated GPU with the CPU's kernel.
#pragma once

#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <string>
#include <vector>

#include "src/simcompute/cublas.h"
#include "src/simcompute/device_check.h"

namespace portcullis::simcompute {

// What stands behind the CUDA key of an operator that the CPU can compute. Boxed, one for each
// operator; thread-safe, for it never changes.
class CpuKernel final : public c10::OperatorKernel {
 public:
  // `substitute`: computes instead of the CPU's kernel, on the same tensors; outlives this.
  explicit CpuKernel(const c10::OperatorHandle& op,
                     const c10::KernelFunction* substitute = nullptr);

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

  // The CPU's own kernel, or what stands in for it, on CPU tensors.
  void Compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) const;
  // The same, in a wider dtype where the CPU lacks that of the tensors.
  void ComputeInAnyDtype(const c10::OperatorHandle& op, torch::jit::Stack* stack) const;

  std::string name_;       // "aten::add"
  std::string full_name_;  // "aten::add.Tensor"
  DeviceCheck check_;
  BlasChoice blas_;
  std::vector<Argument> arguments_;
  const c10::KernelFunction* substitute_;  // null: none
  bool is_mutable_;                        // writes into what it is given
  bool is_foreach_;       // made of one call for each tensor, which may be on different devices
  bool has_more_dtypes_;  // on CUDA than on the CPU
  bool draws_unasked_;    // random numbers, and is given no generator
};

}  // namespace portcullis::simcompute
