#include "src/simcompute/cublas.h"

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <string_view>

struct cublasContext;

// As ATen/cuda/CUDAContextLight.h of each version has them, which includes the headers of cuBLAS.
namespace at::cuda {
void* getCUDABlasLtWorkspace();  // not in 2.6
#if TORCH_VERSION_MINOR >= 15
cublasContext* getCurrentCUDABlasHandle(bool setup);
bool isCUDABlasWorkspaceCachingEnabled();
at::DataPtr allocateCUDABlasWorkspace(size_t size);
size_t getChosenWorkspaceSize();
size_t getCUDABlasLtWorkspaceSize();
#else
cublasContext* getCurrentCUDABlasHandle();
#endif
}  // namespace at::cuda

namespace portcullis::simcompute {
namespace {

constexpr std::array<std::string_view, 9> kProducts = {
    "aten::_addmm_activation",
    "aten::addbmm",
    "aten::addmm",
    "aten::addmv",
    "aten::baddbmm",
    "aten::bmm",
    "aten::dot",
    "aten::mm",
    "aten::vdot",
};
static_assert(std::is_sorted(kProducts.begin(), kProducts.end()));

// Those whose vector cuBLASLt can add: (vector, matrix, matrix, …, beta, …).
constexpr std::array<std::string_view, 2> kAdding = {"aten::_addmm_activation", "aten::addmm"};

// In either of its forms: mm is among them, and so is mm_.
template <std::size_t size>
bool IsAmong(const std::array<std::string_view, size>& names, std::string_view name) {
  if (name.ends_with('_')) name.remove_suffix(1);
  return std::binary_search(names.begin(), names.end(), name);
}

// PyTorch's own functions allocate, and keep or free what they have allocated, as
// aten/src/ATen/cuda/CublasHandlePool.cpp of each version has it.
#if TORCH_VERSION_MINOR >= 15
// For the one call, unless TORCH_CUBLAS_WORKSPACE_CACHE=1.
void TakeFor(Blas blas) {
  const bool is_lt = blas == Blas::kCublasLt;
  const bool is_kept = at::cuda::isCUDABlasWorkspaceCachingEnabled();
  if (is_kept && is_lt) {
    at::cuda::getCUDABlasLtWorkspace();
    return;
  }
  c10::DataPtr workspace;
  if (!is_kept) {
    workspace = at::cuda::allocateCUDABlasWorkspace(is_lt ? at::cuda::getCUDABlasLtWorkspaceSize()
                                                          : at::cuda::getChosenWorkspaceSize());
  }
  at::cuda::getCurrentCUDABlasHandle(/*setup=*/is_kept);
}
#elif TORCH_VERSION_MINOR >= 11
// For good. The handle comes first, with its own.
void TakeFor(Blas blas) {
  at::cuda::getCurrentCUDABlasHandle();
  if (blas == Blas::kCublasLt) at::cuda::getCUDABlasLtWorkspace();
}
#else
// For good, and cuBLASLt's for the one call (gemm_and_bias in CUDABlas.cpp, 2.6).
void TakeFor(Blas blas) {
  constexpr std::size_t kLtBytes = std::size_t{1} << 20;
  c10::DataPtr workspace;
  if (blas == Blas::kCublasLt) {
    workspace = c10::cuda::CUDACachingAllocator::get()->allocate(kLtBytes);
  }
  at::cuda::getCurrentCUDABlasHandle();
}
#endif

}  // namespace

BlasChoice::BlasChoice(const c10::FunctionSchema& schema)
    : is_product_(IsAmong(kProducts, schema.name())) {
  if (IsAmong(kAdding, schema.name())) beta_ = schema.argumentIndexWithName("beta");
  const std::vector<c10::Argument>& arguments = schema.arguments();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool is_written = arguments[i].alias_info() && arguments[i].alias_info()->isWrite();
    if (!is_written && arguments[i].type()->isSubtypeOf(*c10::TensorType::get())) {
      factors_.push_back(i);
    }
  }
}

// isInputCompliesAddmmCudaLt of Blas.cpp; that one row is enough is what an H200 showed (2.11).
bool BlasChoice::AddsVector(c10::ArrayRef<c10::IValue> arguments) const {
  if (!beta_) return false;
  const at::Tensor& vector = arguments[0].toTensor();
  const at::Tensor& matrix = arguments[2].toTensor();
  return vector.dim() == 1 && vector.is_contiguous() && vector.is_floating_point() &&
         arguments[static_cast<std::size_t>(*beta_)].toScalar().equal(1) && matrix.size(0) > 1 &&
         matrix.size(1) > 1;
}

Blas BlasChoice::operator()(c10::ArrayRef<c10::IValue> arguments) const {
  if (!is_product_) return Blas::kNone;
  for (const std::size_t factor : factors_) {
    if (arguments[factor].toTensor().numel() == 0) return Blas::kNone;
  }
  return AddsVector(arguments) ? Blas::kCublasLt : Blas::kCublas;
}

void TakeWorkspaces(Blas blas) {
  if (blas != Blas::kNone) TakeFor(blas);
}

}  // namespace portcullis::simcompute
