#include "src/simcompute/widen.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace portcullis::simcompute {
namespace {

// What PyTorch's own operator database says CUDA has and the CPU lacks (dtypesIfCUDA of
// torch/testing/_internal/common_methods_invocations.py, 2.11): halves, and complex numbers of
// halves.
constexpr std::array<std::string_view, 46> kWidened = {
    "aten::_fft_c2c",
    "aten::_fft_c2r",
    "aten::_fft_r2c",
    "aten::_upsample_bilinear2d_aa",
    "aten::_upsample_bilinear2d_aa_backward",
    "aten::acos",
    "aten::acosh",
    "aten::angle",
    "aten::asin",
    "aten::asinh",
    "aten::atan",
    "aten::atanh",
    "aten::avg_pool3d",
    "aten::avg_pool3d_backward",
    "aten::convolution",
    "aten::convolution_backward",
    "aten::cos",
    "aten::cosh",
    "aten::div",
    "aten::exp",
    "aten::histc",  // of integers
    "aten::lerp",
    "aten::log",
    "aten::logaddexp",
    "aten::multi_margin_loss",
    "aten::multi_margin_loss_backward",
    "aten::multilabel_margin_loss_backward",
    "aten::multilabel_margin_loss_forward",
    "aten::nansum",
    "aten::native_batch_norm",
    "aten::polygamma",
    "aten::pow",
    "aten::prod",
    "aten::round",
    "aten::rrelu_with_noise",
    "aten::rrelu_with_noise_backward",
    "aten::rsqrt",
    "aten::sigmoid",
    "aten::sin",
    "aten::sinh",
    "aten::sqrt",
    "aten::sum",
    "aten::tan",
    "aten::tanh",
    "aten::trace",
    "aten::upsample_bicubic2d",
};
static_assert(std::is_sorted(kWidened.begin(), kWidened.end()));

// How kernels say it (AT_DISPATCH_…; aten/src/ATen/native/mkl/SpectralOps.cpp, 2.11).
constexpr std::array<std::string_view, 2> kRefusals = {" not implemented for '",
                                                       "FFT doesn't support tensors of type"};

std::optional<at::ScalarType> WideOf(at::ScalarType type, bool integers) {
  if (type == at::kComplexHalf) return at::kComplexFloat;
  const bool is_narrow =
      type == at::kHalf || type == at::kBFloat16 || (integers && at::isIntegralType(type, false));
  return is_narrow ? std::optional(at::kFloat) : std::nullopt;
}

}  // namespace

bool CudaHasMoreDtypes(const std::string& name) {
  std::string_view base = name;
  if (base.ends_with('_')) base.remove_suffix(1);
  return std::binary_search(kWidened.begin(), kWidened.end(), base);
}

bool IsAboutDtype(const c10::Error& error) {
  const std::string_view text = error.what_without_backtrace();
  return std::any_of(kRefusals.begin(), kRefusals.end(), [&](std::string_view refusal) {
    return text.find(refusal) != std::string_view::npos;
  });
}

Widened::Widened(const c10::FunctionSchema& schema)
    : schema_(schema), integers_(schema.name() == "aten::histc") {}

void Widened::Widen(torch::jit::Stack& stack) {
  const std::size_t count = schema_.arguments().size();
  for (std::size_t i = 0; i < count; ++i) {
    c10::IValue& argument = torch::jit::peek(stack, i, count);
    if (!argument.isTensor() || !argument.toTensor().defined()) continue;
    const at::Tensor& narrow = argument.toTensor();
    const auto wide = WideOf(narrow.scalar_type(), integers_);
    if (!wide) continue;
    if (narrow.scalar_type() != at::kComplexHalf) real_ = narrow.scalar_type();
    const c10::AliasInfo* alias = schema_.arguments()[i].alias_info();
    pairs_.push_back({narrow, narrow.to(*wide), alias && alias->isWrite()});
    argument = pairs_.back().wide;
  }
}

void Widened::FinishWrites() {
  for (const Pair& pair : pairs_) {
    if (!pair.written) continue;
    if (pair.narrow.sizes() != pair.wide.sizes()) pair.narrow.resize_(pair.wide.sizes());
    pair.narrow.copy_(pair.wide);
  }
}

at::Tensor Widened::Narrow(const at::Tensor& result) const {
  if (!result.defined()) return result;
  for (const Pair& pair : pairs_) {
    if (pair.wide.is_same(result)) return pair.narrow;
  }
  if (result.scalar_type() == at::kFloat) return result.to(real_);
  return result.scalar_type() == at::kComplexFloat ? result.to(at::kComplexHalf) : result;
}

}  // namespace portcullis::simcompute
