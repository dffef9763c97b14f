#include "src/simcompute/equal.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/eq.h>

#include <array>

#include "src/simcompute/device_check.h"

namespace portcullis::simcompute {
namespace {

void CheckDevices(const at::Tensor& one, const at::Tensor& other) {
  static const DeviceCheck check(
      c10::Dispatcher::singleton().findSchemaOrThrow("aten::equal", "").schema());
  check(std::array<c10::IValue, 2>{one, other});
}

bool IsSameMemory(const at::Tensor& one, const at::Tensor& other) {
  return one.is_alias_of(other) && one.storage_offset() == other.storage_offset() &&
         one.dtype() == other.dtype() && one.layout() == other.layout() &&
         one.strides() == other.strides() && one.is_neg() == other.is_neg() &&
         one.is_conj() == other.is_conj();
}

}  // namespace

bool Equal(const at::Tensor& one, const at::Tensor& other) {
  CheckDevices(one, other);
  if (one.sizes() != other.sizes()) return false;
  if (one.numel() == 0 || IsSameMemory(one, other)) return true;
  const at::AutoDispatchBelowADInplaceOrView below;
  return at::eq(one, other).all().item<bool>();
}

}  // namespace portcullis::simcompute
