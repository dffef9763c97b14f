// Owns: the normalisations that PyTorch has for CUDA alone: cuDNN's, as the native one, the steps
// of nn.SyncBatchNorm (aten/src/ATen/native/cuda/Normalization.cu, 2.11), and nn.RMSNorm backwards.
#include <ATen/OpMathType.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>

#include <array>
#include <tuple>
#include <vector>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

std::tuple<Tensor, Tensor, Tensor, Tensor> CudnnBatchNorm(const Tensor& input, const Tensor& weight,
                                                          const OptionalTensor& bias,
                                                          const OptionalTensor& running_mean,
                                                          const OptionalTensor& running_var,
                                                          bool training, double momentum,
                                                          double epsilon) {
  auto [output, mean, inverse] = at::native_batch_norm(input, weight, bias, running_mean,
                                                       running_var, training, momentum, epsilon);
  return {output, mean, inverse, at::empty({0}, input.options().dtype(at::kByte))};
}

std::tuple<Tensor, Tensor, Tensor> CudnnBatchNormBackward(
    const Tensor& input, const Tensor& gradient, const Tensor& weight,
    const OptionalTensor& running_mean, const OptionalTensor& running_var,
    const OptionalTensor& mean, const OptionalTensor& inverse, double epsilon, const Tensor&) {
  return at::native_batch_norm_backward(gradient, input, weight, running_mean, running_var, mean,
                                        inverse, /*train=*/true, epsilon, {true, true, true});
}

// Every dimension but that of the channels.
std::vector<int64_t> AllButChannels(const Tensor& input) {
  std::vector<int64_t> dimensions;
  for (int64_t i = 0; i < input.dim(); ++i) {
    if (i != 1) dimensions.push_back(i);
  }
  return dimensions;
}

// A value for each channel, to be combined with `input`.
Tensor Spread(const Tensor& channels, const Tensor& input) {
  std::vector<int64_t> shape(static_cast<std::size_t>(input.dim()), 1);
  shape[1] = channels.numel();
  return channels.reshape(shape);
}

std::tuple<Tensor, Tensor> Statistics(const Tensor& input, double epsilon) {
  const std::vector<int64_t> dimensions = AllButChannels(input);
  const Tensor wide = input.to(at::toOpMathType(input.scalar_type()));
  return {wide.mean(dimensions), (wide.var(dimensions, false) + epsilon).rsqrt()};
}

Tensor Normalize(const Tensor& input, const OptionalTensor& weight, const OptionalTensor& bias,
                 const Tensor& mean, const Tensor& inverse, double) {
  Tensor output = (input - Spread(mean, input)) * Spread(inverse, input);
  if (weight && weight->defined()) output = output * Spread(*weight, input);
  if (bias && bias->defined()) output = output + Spread(*bias, input);
  return output.to(input.dtype());
}

// Of several processes' statistics, weighted by how many elements each had.
std::tuple<Tensor, Tensor> GatherWithCounts(const Tensor&, const Tensor& means,
                                            const Tensor& inverses,
                                            const OptionalTensor& running_mean,
                                            const OptionalTensor& running_var, double momentum,
                                            double epsilon, const Tensor& counts) {
  const Tensor weights = counts.to(means.dtype()).reshape({-1, 1});
  const Tensor total = weights.sum();
  const Tensor mean = (means * weights).sum(0) / total;
  const Tensor squares = (inverses.pow(-2) - epsilon + (means - mean).pow(2)) * weights;
  const Tensor variance = squares.sum(0) / total;
  if (running_mean && running_mean->defined()) {
    Tensor(*running_mean).mul_(1 - momentum).add_(mean, momentum);
  }
  if (running_var && running_var->defined()) {
    Tensor(*running_var).mul_(1 - momentum).add_(squares.sum(0) / (total - 1), momentum);
  }
  return {mean, (variance + epsilon).rsqrt()};
}

std::tuple<Tensor, Tensor> Gather(const Tensor& input, const Tensor& means, const Tensor& inverses,
                                  const OptionalTensor& running_mean,
                                  const OptionalTensor& running_var, double momentum,
                                  double epsilon, int64_t count) {
  const Tensor counts =
      at::empty({means.size(0)}, means.options()).fill_(static_cast<double>(count));
  return GatherWithCounts(input, means, inverses, running_mean, running_var, momentum, epsilon,
                          counts);
}

// → sums of the gradient and of its product with the centred input; gradients of weight and bias.
std::tuple<Tensor, Tensor, Tensor, Tensor> BackwardReduce(
    const Tensor& gradient, const Tensor& input, const Tensor& mean, const Tensor& inverse,
    const OptionalTensor& weight, bool input_wanted, bool weight_wanted, bool bias_wanted) {
  const std::vector<int64_t> dimensions = AllButChannels(input);
  const Tensor wide = gradient.to(mean.dtype());
  const Tensor sum = wide.sum(dimensions);
  const Tensor product = (wide * (input - Spread(mean, input))).sum(dimensions);
  const auto parameters = weight && weight->defined() ? weight->dtype() : mean.dtype();
  return {input_wanted ? sum : Tensor(), input_wanted ? product : Tensor(),
          weight_wanted ? (product * inverse).to(parameters) : Tensor(),
          bias_wanted ? sum.to(parameters) : Tensor()};
}

Tensor BackwardElement(const Tensor& gradient, const Tensor& input, const Tensor& mean,
                       const Tensor& inverse, const OptionalTensor& weight, const Tensor& sum,
                       const Tensor& product, const Tensor& counts) {
  const Tensor total = counts.to(mean.dtype()).sum();
  const Tensor slope = product / total * inverse * inverse;
  Tensor scale = inverse;
  if (weight && weight->defined()) scale = scale * *weight;
  const Tensor centred = input - Spread(mean, input);
  const Tensor wide = gradient - Spread(sum / total, input) - centred * Spread(slope, input);
  return (wide * Spread(scale, input)).to(input.dtype());
}

// → gradients of input and weight. _fused_rms_norm() keeps the inverse of the root of the mean of
// the squares, with a 1 for each dimension that it went over (layer_norm_kernel.cu, 2.11).
std::tuple<Tensor, Tensor> RmsNormBackward(const Tensor& gradient, const Tensor& input,
                                           at::IntArrayRef normalized, const Tensor& inverse,
                                           const OptionalTensor& weight,
                                           std::array<bool, 2> wanted) {
  const int64_t outer = input.dim() - static_cast<int64_t>(normalized.size());
  std::vector<int64_t> over, others;
  for (int64_t i = 0; i < input.dim(); ++i) (i < outer ? others : over).push_back(i);
  const Tensor x = input.to(inverse.dtype());
  const Tensor wide = gradient.to(inverse.dtype());
  const bool has_weight = weight && weight->defined();
  Tensor to_input, to_weight;
  if (wanted[0]) {
    const Tensor scaled = has_weight ? wide * *weight : wide;
    const Tensor mean = (scaled * x).mean(over, /*keepdim=*/true);
    to_input = ((scaled - x * inverse * inverse * mean) * inverse).to(input.dtype());
  }
  if (wanted[1] && has_weight) {
    const Tensor product = wide * x * inverse;
    to_weight = (outer > 0 ? product.sum(others) : product).to(weight->dtype());
  }
  return {to_input, to_weight};
}

}  // namespace

void AddNormalization(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::cudnn_batch_norm"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnBatchNorm));
  to["aten::cudnn_batch_norm_backward"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnBatchNormBackward));
  to["aten::batch_norm_stats"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Statistics));
  to["aten::batch_norm_elemt"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Normalize));
  to["aten::batch_norm_gather_stats"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Gather));
  to["aten::batch_norm_gather_stats_with_counts"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(GatherWithCounts));
  to["aten::batch_norm_backward_reduce"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(BackwardReduce));
  to["aten::batch_norm_backward_elemt"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(BackwardElement));
  to["aten::batch_norm_elemt.out"] = IntoOutput<&Normalize>::Kernel();
  to["aten::_fused_rms_norm_backward"] = Kernel<&RmsNormBackward>();
}

}  // namespace portcullis::simcompute
