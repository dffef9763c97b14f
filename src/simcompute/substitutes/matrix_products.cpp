// Owns: matrix products whose result has another dtype than their factors, which PyTorch has for
// CUDA alone (aten/src/ATen/native/cuda/Blas.cpp, 2.11).
#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/mm.h>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Scalar;
using at::ScalarType;
using at::Tensor;

Tensor Mm(const Tensor& a, const Tensor& b, ScalarType dtype) {
  return at::mm(a.to(dtype), b.to(dtype));
}

Tensor Bmm(const Tensor& a, const Tensor& b, ScalarType dtype) {
  return at::bmm(a.to(dtype), b.to(dtype));
}

Tensor Addmm(const Tensor& to, const Tensor& a, const Tensor& b, ScalarType dtype,
             const Scalar& beta, const Scalar& alpha) {
  return at::addmm(to.to(dtype), a.to(dtype), b.to(dtype), beta, alpha);
}

Tensor Baddbmm(const Tensor& to, const Tensor& a, const Tensor& b, ScalarType dtype,
               const Scalar& beta, const Scalar& alpha) {
  return at::baddbmm(to.to(dtype), a.to(dtype), b.to(dtype), beta, alpha);
}

}  // namespace

void AddMatrixProducts(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::mm.dtype"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Mm));
  to["aten::bmm.dtype"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Bmm));
  to["aten::addmm.dtype"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Addmm));
  to["aten::baddbmm.dtype"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Baddbmm));
}

}  // namespace portcullis::simcompute
