// Owns: dropout, whose mask comes from the device's generator.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>

#include <tuple>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;

// True where an element is kept.
Tensor Mask(const Tensor& like, double keep, const std::optional<at::Generator>& generator) {
  return at::empty_like(like, like.options().dtype(at::kBool)).bernoulli_(keep, generator);
}

double Scale(double keep) { return keep == 0 ? 0 : 1 / keep; }

// native_dropout_cuda (aten/src/ATen/native/cuda/Dropout.cu, 2.11).
std::tuple<Tensor, Tensor> NativeDropout(const Tensor& input, double p, std::optional<bool> train) {
  if (!train.value_or(true) || input.numel() == 0) {
    return {input.clone(), at::ones_like(input, input.options().dtype(at::kBool))};
  }
  const Tensor mask = Mask(input, 1 - p, OperatorGenerator());
  return {input * mask * Scale(1 - p), mask};
}

// `keep` is the probability of being kept, and the mask a byte.
std::tuple<Tensor, Tensor> FusedDropout(const Tensor& input, double keep,
                                        std::optional<at::Generator> generator) {
  const Tensor mask = Mask(input, keep, generator);
  return {input * mask * Scale(keep), mask.to(at::kByte)};
}

Tensor MaskedScale(const Tensor& input, const Tensor& mask, double scale) {
  return input * mask.to(input.dtype()) * scale;
}

}  // namespace

void AddDropout(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::native_dropout"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(NativeDropout));
  to["aten::_fused_dropout"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(FusedDropout));
  to["aten::_masked_scale"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(MaskedScale));
}

}  // namespace portcullis::simcompute
