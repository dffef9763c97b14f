// Owns: operators that CUDA computes in dtypes which the CPU refuses, and which no wider dtype
// mends (widen.h has those): other results, other arguments.
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_log_softmax_backward_data.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/nansum.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/trace.h>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;
using OptionalDtype = std::optional<at::ScalarType>;

// softmax(x, dtype=float32) of a half tensor is one kernel on CUDA: `half_to_float`
// (aten/src/ATen/native/SoftMax.cpp, 2.11).
Tensor Softmax(const Tensor& x, int64_t dim, bool half_to_float) {
  return at::_softmax(half_to_float ? x.to(at::kFloat) : x, dim, false);
}

Tensor LogSoftmax(const Tensor& x, int64_t dim, bool half_to_float) {
  return at::_log_softmax(half_to_float ? x.to(at::kFloat) : x, dim, false);
}

// What the gradient was made of is half, it itself is not.
at::ScalarType BackTo(const Tensor& gradient, at::ScalarType input) {
  return gradient.scalar_type() == at::kFloat && input == at::kHalf ? at::kHalf
                                                                    : gradient.scalar_type();
}

Tensor SoftmaxBackward(const Tensor& gradient, const Tensor& output, int64_t dim,
                       at::ScalarType input) {
  return at::_softmax_backward_data(gradient, output, dim, gradient.scalar_type())
      .to(BackTo(gradient, input));
}

Tensor LogSoftmaxBackward(const Tensor& gradient, const Tensor& output, int64_t dim,
                          at::ScalarType input) {
  return at::_log_softmax_backward_data(gradient, output, dim, gradient.scalar_type())
      .to(BackTo(gradient, input));
}

Tensor Nansum(const Tensor& x, at::OptionalIntArrayRef dim, bool keepdim, OptionalDtype dtype) {
  if (!x.is_complex()) return at::nansum(x, dim, keepdim, dtype);
  return at::sum(x.masked_fill(x.isnan(), 0), dim, keepdim, dtype);
}

Tensor Trace(const Tensor& x) {
  return at::trace(x.scalar_type() == at::kBool ? x.to(at::kLong) : x);
}

Tensor& Abs(const Tensor& x, Tensor& out) {
  if (x.scalar_type() != at::kBool) return at::abs_out(out, x);
  out.resize_(x.sizes());
  return out.copy_(x);
}

}  // namespace

void AddDtypes(Substitutes& to) {
  to["aten::_softmax"] = Kernel<&Softmax>();
  to["aten::_softmax.out"] = IntoOutput<&Softmax>::Kernel();
  to["aten::_log_softmax"] = Kernel<&LogSoftmax>();
  to["aten::_log_softmax.out"] = IntoOutput<&LogSoftmax>::Kernel();
  to["aten::_softmax_backward_data"] = Kernel<&SoftmaxBackward>();
  to["aten::_softmax_backward_data.out"] = IntoOutput<&SoftmaxBackward>::Kernel();
  to["aten::_log_softmax_backward_data"] = Kernel<&LogSoftmaxBackward>();
  to["aten::_log_softmax_backward_data.out"] = IntoOutput<&LogSoftmaxBackward>::Kernel();
  to["aten::nansum"] = Kernel<&Nansum>();
  to["aten::nansum.out"] = IntoOutput<&Nansum>::Kernel();
  to["aten::trace"] = Kernel<&Trace>();
  to["aten::abs.out"] = Kernel<&Abs>();
}

}  // namespace portcullis::simcompute
