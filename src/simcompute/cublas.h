// Owns: the device memory that PyTorch holds for cuBLAS, which would compute an operator on a real
// GPU: a workspace for each thread and stream, as large as PyTorch chooses for that GPU.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

namespace portcullis::simcompute {

// What computes an operator on a real GPU (aten/src/ATen/native/cuda/Blas.cpp, 2.11).
enum class Blas {
  kNone,      // a kernel of PyTorch's own, or nothing, because a matrix is empty
  kCublas,    // cuBLAS
  kCublasLt,  // cuBLASLt: a product of matrices that adds a vector, in one go
};

// For an operator and its arguments.
class BlasChoice {
 public:
  explicit BlasChoice(const c10::FunctionSchema& schema);
  Blas operator()(c10::ArrayRef<c10::IValue> arguments) const;

 private:
  bool AddsVector(c10::ArrayRef<c10::IValue> arguments) const;

  bool is_product_;                   // of matrices or vectors
  std::optional<int> beta_;           // the argument of that name, of what may be cuBLASLt's
  std::vector<std::size_t> factors_;  // the tensors that it reads
};

// Has PyTorch allocate on the current device what it would hold for the call; what it would free
// behind the call is free again. Throws c10::OutOfMemoryError as the operator would.
void TakeWorkspaces(Blas blas);

}  // namespace portcullis::simcompute
