// Owns: what a program reaches that switches cuDNN on (torch.backends.cudnn.enabled = True): its
// samplers, as the native ones, and the buffer that nn.LSTM and its like flatten their weights
// into. Recurrent layers then ask cudnn_is_acceptable(), which says no (operators.cpp).
#include <ATen/TensorOperators.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/affine_grid_generator_backward.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/grid_sampler_2d_backward.h>

#include <tuple>
#include <vector>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;

// What cuDNN's sampler does (aten/src/ATen/native/GridSampler.cpp, 2.11).
constexpr int64_t kBilinear = 0;
constexpr int64_t kZeros = 0;
constexpr bool kAlignCorners = true;

Tensor GridSampler(const Tensor& input, const Tensor& grid) {
  return at::grid_sampler_2d(input, grid, kBilinear, kZeros, kAlignCorners);
}

std::tuple<Tensor, Tensor> GridSamplerBackward(const Tensor& input, const Tensor& grid,
                                               const Tensor& gradient) {
  return at::grid_sampler_2d_backward(gradient, input, grid, kBilinear, kZeros, kAlignCorners,
                                      {true, true});
}

Tensor AffineGrid(const Tensor& theta, int64_t n, int64_t c, int64_t h, int64_t w) {
  return at::affine_grid_generator(theta, {n, c, h, w}, kAlignCorners);
}

Tensor AffineGridBackward(const Tensor& gradient, int64_t n, int64_t c, int64_t h, int64_t w) {
  return at::affine_grid_generator_backward(gradient, {n, c, h, w}, kAlignCorners);
}

// cuDNN moves the weights into its buffer; here they stay, for nobody reads the buffer.
Tensor FlattenWeights(at::TensorList weights, int64_t, c10::SymInt, int64_t, c10::SymInt,
                      c10::SymInt, int64_t, bool, bool) {
  std::vector<Tensor> flat;
  for (const Tensor& weight : weights) flat.push_back(weight.reshape(-1));
  return at::cat(flat);
}

}  // namespace

void AddCudnn(Substitutes& to) {
  to["aten::cudnn_grid_sampler"] = Kernel<&GridSampler>();
  to["aten::cudnn_grid_sampler_backward"] = Kernel<&GridSamplerBackward>();
  to["aten::cudnn_affine_grid_generator"] = Kernel<&AffineGrid>();
  to["aten::cudnn_affine_grid_generator_backward"] = Kernel<&AffineGridBackward>();
  to["aten::_cudnn_rnn_flatten_weight"] = Kernel<&FlattenWeights>();
}

}  // namespace portcullis::simcompute
