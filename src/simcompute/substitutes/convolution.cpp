// Owns: the convolutions that PyTorch has for CUDA alone, as calls of aten::convolution.
#include <ATen/ops/convolution.h>
#include <ATen/ops/relu.h>

#include <vector>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::IntArrayRef;
using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

Tensor Convolve(const Tensor& input, const Tensor& weight, const OptionalTensor& bias,
                IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  const std::vector<int64_t> none(padding.size(), 0);
  return at::convolution(input, weight, bias, stride, padding, dilation, false, none, groups);
}

Tensor CudnnConvolution(const Tensor& input, const Tensor& weight, IntArrayRef padding,
                        IntArrayRef stride, IntArrayRef dilation, int64_t groups, bool, bool,
                        bool) {
  return Convolve(input, weight, {}, stride, padding, dilation, groups);
}

Tensor CudnnTranspose(const Tensor& input, const Tensor& weight, IntArrayRef padding,
                      IntArrayRef output_padding, IntArrayRef stride, IntArrayRef dilation,
                      int64_t groups, bool, bool, bool) {
  return at::convolution(input, weight, {}, stride, padding, dilation, true, output_padding,
                         groups);
}

Tensor CudnnRelu(const Tensor& input, const Tensor& weight, const OptionalTensor& bias,
                 IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  return Convolve(input, weight, bias, stride, padding, dilation, groups).relu();
}

Tensor CudnnAddRelu(const Tensor& input, const Tensor& weight, const Tensor& z,
                    const std::optional<at::Scalar>& alpha, const OptionalTensor& bias,
                    IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  return Convolve(input, weight, bias, stride, padding, dilation, groups)
      .add(z, alpha.value_or(1))
      .relu();
}

// One group for each channel of the input.
Tensor Depthwise(const Tensor& input, const Tensor& weight, IntArrayRef, const OptionalTensor& bias,
                 IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation) {
  const int64_t groups = input.size(-static_cast<int64_t>(stride.size()) - 1);
  return Convolve(input, weight, bias, stride, padding, dilation, groups);
}

}  // namespace

void AddConvolution(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::cudnn_convolution"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnConvolution));
  to["aten::cudnn_convolution_transpose"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnTranspose));
  to["aten::cudnn_convolution_relu"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnRelu));
  to["aten::cudnn_convolution_add_relu"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(CudnnAddRelu));
  to["aten::cudnn_convolution.out"] = IntoOutput<&CudnnConvolution>::Kernel();
  to["aten::_conv_depthwise2d.out"] = IntoOutput<&Depthwise>::Kernel();
  to["aten::_conv_depthwise2d"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Depthwise));
  to["aten::conv_depthwise3d"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(Depthwise));
}

}  // namespace portcullis::simcompute
