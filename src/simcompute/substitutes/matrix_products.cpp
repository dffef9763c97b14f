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
  to["aten::mm.dtype"] = Kernel<&Mm>();
  to["aten::mm.dtype_out"] = IntoOutput<&Mm>::Kernel();
  to["aten::bmm.dtype"] = Kernel<&Bmm>();
  to["aten::bmm.dtype_out"] = IntoOutput<&Bmm>::Kernel();
  to["aten::addmm.dtype"] = Kernel<&Addmm>();
  to["aten::addmm.dtype_out"] = IntoOutput<&Addmm>::Kernel();
  to["aten::baddbmm.dtype"] = Kernel<&Baddbmm>();
  to["aten::baddbmm.dtype_out"] = IntoOutput<&Baddbmm>::Kernel();
}

}  // namespace portcullis::simcompute
