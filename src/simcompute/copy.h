// Owns: copying between tensors when a simulated GPU is on either side.
#pragma once

#include <ATen/core/Tensor.h>

namespace portcullis::simcompute {

// aten::copy_. Plain copies are left to the simulated runtime, which counts them; what needs a
// kernel (another dtype, other strides) is computed.
at::Tensor& Copy(at::Tensor& to, const at::Tensor& from, bool non_blocking);

}  // namespace portcullis::simcompute
