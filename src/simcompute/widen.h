// Owns: dtypes that CUDA computes in and the CPU does not. The CPU's kernel then computes in a
// wider one, and its results are made narrow again; CUDA's own kernels add up in the wider one too.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>
#include <c10/util/SmallVector.h>

#include <string>

namespace portcullis::simcompute {

// Whether CUDA computes this operator ("aten::trace") in a dtype that the CPU lacks.
bool CudaHasMoreDtypes(const std::string& name);
// Whether that is what the CPU's kernel of such an operator refused with.
bool IsAboutDtype(const c10::Error& error);

// The wide arguments of one operator, and the way back.
class Widened {
 public:
  // `schema` outlives this.
  explicit Widened(const c10::FunctionSchema& schema);

  // Puts a wide copy in the place of each narrow tensor among the operator's arguments.
  void Widen(torch::jit::Stack& stack);

  // After the operator: writes what it wrote into the wide copies to the tensors themselves.
  void FinishWrites();

  // What a result is in the narrow dtype: the argument itself, if it is the wide copy of one.
  at::Tensor Narrow(const at::Tensor& result) const;

 private:
  struct Pair {
    at::Tensor narrow, wide;
    bool written;
  };
  const c10::FunctionSchema& schema_;
  c10::SmallVector<Pair, 4> pairs_;
  bool integers_;                    // integers are numbers to this operator, not indices
  at::ScalarType real_ = at::kHalf;  // of what comes back
};

}  // namespace portcullis::simcompute
