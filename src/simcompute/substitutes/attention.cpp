// Owns: scaled dot-product attention as PyTorch's fused CUDA kernels offer it: by the CPU's own
// fused kernel where that can do it, else step by step.
//
// On a GPU, scaled_dot_product_attention chooses one of three fused operators (memory-efficient,
// flash, cuDNN) or plain mathematics. The choice is PyTorch's own, by dtype, shape and capability;
// the three share what is here. Shapes are (batch, heads, sequence, head size).
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/SymInt.h>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

// One call of attention, forward or backward.
struct Attention {
  Tensor query, key, value;
  Tensor bias;  // undefined: none
  double dropout = 0;
  bool causal = false;
  std::optional<double> scale;

  bool has_bias() const { return bias.defined() && bias.numel() > 0; }
  double factor() const {
    return scale.value_or(1 / std::sqrt(static_cast<double>(query.size(-1))));
  }
  // What the CPU's fused kernel covers (aten/src/ATen/native/transformers/attention.cpp, 2.11).
  bool fused() const {
    return dropout == 0 && query.dim() == 4 && query.size(3) == value.size(3) &&
           query.size(1) == key.size(1) &&
           (!has_bias() || (!bias.requires_grad() && (bias.dim() == 2 || bias.dim() == 4)));
  }
  OptionalTensor mask() const { return has_bias() ? OptionalTensor(bias) : std::nullopt; }
};

// Flash attention lets several heads of the query share one of the key's (grouped queries).
Tensor ForEachHead(const Tensor& shared, const Tensor& query) {
  const int64_t heads = query.size(1) / shared.size(1);
  return heads == 1 ? shared : shared.repeat_interleave(heads, 1);
}

Tensor SumOfGroup(const Tensor& gradient, const Tensor& shared) {
  const int64_t heads = gradient.size(1) / shared.size(1);
  return heads == 1 ? gradient : gradient.unflatten(1, {shared.size(1), heads}).sum(2);
}

// How much each element of the value counts, before dropout.
Tensor Weights(const Attention& call) {
  const Tensor key = ForEachHead(call.key, call.query);
  Tensor scores = at::matmul(call.query, key.transpose(-2, -1)) * call.factor();
  if (call.causal) {
    const Tensor seen = at::ones({scores.size(-2), scores.size(-1)}, at::kBool).tril();
    scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
  }
  if (call.has_bias()) scores = scores + call.bias;
  return scores.softmax(-1);
}

// The same mask for the same seed, in the forward and in the backward pass.
Tensor DropoutMask(const Tensor& weights, double dropout, const Tensor& seed) {
  const auto number = static_cast<std::uint64_t>(seed.item<int64_t>());
  return at::empty_like(weights).bernoulli_(1 - dropout, at::detail::createCPUGenerator(number)) /
         (1 - dropout);
}

Tensor NewSeed(double dropout) {
  int64_t seed = 0;
  if (dropout > 0) seed = static_cast<int64_t>(OperatorGenerator().current_seed());
  return at::scalar_tensor(seed, at::kLong);
}

// → output, logarithm of the sum of exponentials
std::pair<Tensor, Tensor> Forward(const Attention& call, const Tensor& seed) {
  if (call.fused()) {
    auto [output, logarithm] = at::_scaled_dot_product_flash_attention_for_cpu(
        call.query, call.key, call.value, 0.0, call.causal, call.mask(), call.scale);
    return {output, logarithm};
  }
  Tensor weights = Weights(call);
  if (call.dropout > 0) weights = weights * DropoutMask(weights, call.dropout, seed);
  const Tensor output = at::matmul(weights, ForEachHead(call.value, call.query));
  return {output, at::empty({0}, output.options().dtype(at::kFloat))};
}

// → gradients of query, key, value and bias (undefined unless wanted)
std::array<Tensor, 4> Backward(const Attention& call, const Tensor& gradient, const Tensor& output,
                               const Tensor& logarithm, const Tensor& seed, bool bias_wanted) {
  if (call.fused() && !bias_wanted) {
    auto [query, key, value] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        gradient, call.query, call.key, call.value, output, logarithm, 0.0, call.causal,
        call.mask(), call.scale);
    return {query, key, value, Tensor()};
  }
  const Tensor weights = Weights(call);
  const Tensor mask =
      call.dropout > 0 ? DropoutMask(weights, call.dropout, seed) : at::ones({1}, weights.dtype());
  const Tensor value = at::matmul((weights * mask).transpose(-2, -1), gradient);
  const Tensor to_weights =
      at::matmul(gradient, ForEachHead(call.value, call.query).transpose(-2, -1)) * mask;
  const Tensor scores = weights * (to_weights - (to_weights * weights).sum(-1, /*keepdim=*/true));
  const Tensor query = at::matmul(scores, ForEachHead(call.key, call.query)) * call.factor();
  const Tensor key = at::matmul(scores.transpose(-2, -1), call.query) * call.factor();
  Tensor bias;
  if (bias_wanted && call.has_bias()) bias = scores.sum_to_size(call.bias.sizes());
  return {query, SumOfGroup(key, call.key), SumOfGroup(value, call.value), bias};
}

Tensor NoOffset() { return at::scalar_tensor(0, at::kLong); }
Tensor None() { return at::empty({0}, at::kLong); }

std::tuple<Tensor, Tensor, Tensor, Tensor> Efficient(const Tensor& query, const Tensor& key,
                                                     const Tensor& value,
                                                     const OptionalTensor& bias, bool,
                                                     double dropout, bool causal,
                                                     std::optional<double> scale) {
  const Tensor seed = NewSeed(dropout);
  auto [output, logarithm] =
      Forward({query, key, value, bias.value_or(Tensor()), dropout, causal, scale}, seed);
  return {output, logarithm, seed, NoOffset()};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> EfficientBackward(
    const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value,
    const Tensor& bias, const Tensor& output, const Tensor& logarithm, const Tensor& seed,
    const Tensor&, double dropout, std::array<bool, 4> wanted, bool causal,
    std::optional<double> scale) {
  if (!gradient.defined()) return {};
  auto [q, k, v, b] = Backward({query, key, value, bias, dropout, causal, scale}, gradient, output,
                               logarithm, seed, wanted[3]);
  return {q, k, v, b};
}

using FlashResult =
    std::tuple<Tensor, Tensor, Tensor, Tensor, int64_t, int64_t, Tensor, Tensor, Tensor>;

FlashResult Flash(const Tensor& query, const Tensor& key, const Tensor& value, double dropout,
                  bool causal, bool, std::optional<double> scale) {
  const Tensor seed = NewSeed(dropout);
  auto [output, logarithm] = Forward({query, key, value, {}, dropout, causal, scale}, seed);
  return {output, logarithm, None(), None(), query.size(2), key.size(2), seed, NoOffset(), None()};
}

std::tuple<Tensor, Tensor, Tensor> FlashBackward(const Tensor& gradient, const Tensor& query,
                                                 const Tensor& key, const Tensor& value,
                                                 const Tensor& output, const Tensor& logarithm,
                                                 const Tensor&, const Tensor&, int64_t, int64_t,
                                                 double dropout, bool causal, const Tensor& seed,
                                                 const Tensor&, std::optional<double> scale) {
  if (!gradient.defined()) return {};
  auto [q, k, v, b] = Backward({query, key, value, {}, dropout, causal, scale}, gradient, output,
                               logarithm, seed, false);
  return {q, k, v};
}

FlashResult Cudnn(const Tensor& query, const Tensor& key, const Tensor& value,
                  const OptionalTensor& bias, bool, double dropout, bool causal, bool,
                  std::optional<double> scale) {
  const Tensor seed = NewSeed(dropout);
  auto [output, logarithm] =
      Forward({query, key, value, bias.value_or(Tensor()), dropout, causal, scale}, seed);
  return {output, logarithm, None(), None(), query.size(2), key.size(2), seed, NoOffset(), None()};
}

std::tuple<Tensor, Tensor, Tensor> CudnnBackward(const Tensor& gradient, const Tensor& query,
                                                 const Tensor& key, const Tensor& value,
                                                 const Tensor& output, const Tensor& logarithm,
                                                 const Tensor& seed, const Tensor&,
                                                 const Tensor& bias, const Tensor&, const Tensor&,
                                                 int64_t, int64_t, double dropout, bool causal,
                                                 std::optional<double> scale) {
  if (!gradient.defined()) return {};
  auto [q, k, v, b] = Backward({query, key, value, bias, dropout, causal, scale}, gradient, output,
                               logarithm, seed, false);
  return {q, k, v};
}

}  // namespace

void AddAttention(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::_scaled_dot_product_efficient_attention"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(Efficient));
  to["aten::_scaled_dot_product_efficient_attention_backward"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(EfficientBackward));
  to["aten::_scaled_dot_product_flash_attention"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(Flash));
  to["aten::_scaled_dot_product_flash_attention_backward"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(FlashBackward));
  to["aten::_scaled_dot_product_cudnn_attention"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(Cudnn));
  to["aten::_scaled_dot_product_cudnn_attention_backward"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnBackward));
}

}  // namespace portcullis::simcompute
