#include "src/simcompute/copy.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/copy_native.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAGuard.h>

#include "src/simcompute/aliases.h"
#include "src/simcompute/device_allocator.h"
#include "src/simcompute/device_view.h"

namespace portcullis::simcompute {
namespace {

// One cudaMemcpyAsync can do it (copy_device_to_device in aten/src/ATen/native/cuda/Copy.cu, 2.11).
bool IsPlain(const at::Tensor& to, const at::Tensor& from) {
  return to.dtype() == from.dtype() && to.is_conj() == from.is_conj() &&
         to.is_neg() == from.is_neg() && to.sizes() == from.sizes() &&
         to.strides() == from.strides() && to.is_non_overlapping_and_dense();
}

void Compute(const at::Tensor& to, const at::Tensor& from) {
  const c10::DeviceIndex device = to.device().index();
  const c10::cuda::CUDAGuard on_device(device);
  LaunchOperator(device, "aten::copy_");
  Aliases aliases(device, "aten::copy_");
  at::Tensor target = aliases.Of(to, true);
  const at::Tensor source = aliases.Of(from, false);
  const at::AutoDispatchBelowADInplaceOrView below;
  const AllocateOnDevice allocate(device);
  at::native::copy_(target, source, false);
}

// Between GPUs: made plain on the side it comes from, put into place on the other.
void Across(at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  const at::Tensor plain =
      from.to(to.dtype()).expand_as(to).resolve_conj().resolve_neg().contiguous();
  at::Tensor landed = at::empty_like(to, at::MemoryFormat::Contiguous);
  at::native::copy_(landed, plain, non_blocking);
  Compute(to, landed);
}

// Between CPU and GPU, where one is a view that conjugates or negates and the other is not: PyTorch
// would copy the bytes and then start a kernel. The side that is read does it instead.
void Resolved(const at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  at::Tensor target = to;
  at::Tensor source = from;
  if (to.is_conj()) {
    target = target.conj();
    source = source.conj();
  }
  if (to.is_neg()) {
    target = target._neg_view();
    source = source._neg_view();
  }
  at::native::copy_(target, source.resolve_conj().resolve_neg(), non_blocking);
}

}  // namespace

at::Tensor& Copy(at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  const bool on_gpus = to.is_cuda() && from.is_cuda() && to.layout() == at::kStrided &&
                       from.layout() == at::kStrided;
  const bool views_differ = to.is_conj() != from.is_conj() || to.is_neg() != from.is_neg();
  if (to.is_cuda() != from.is_cuda() && views_differ) {
    Resolved(to, from, non_blocking);
    return to;
  }
  if (!on_gpus || to.is_same(from) || IsPlain(to, from)) {
    return at::native::copy_(to, from, non_blocking);
  }
  if (to.device() == from.device()) {
    Compute(to, from);
  } else {
    Across(to, from, non_blocking);
  }
  return to;
}

}  // namespace portcullis::simcompute
