// Owns: whether two tensors of a simulated GPU are equal, as PyTorch finds out.
#pragma once

#include <ATen/core/Tensor.h>

namespace portcullis::simcompute {

// aten::equal, as cuda_equal of aten/src/ATen/native/cuda/Equal.cpp (2.11): nothing is computed for
// tensors that share their memory; else other operators compute one byte, which the host copies.
// Names of dimensions, which 2.15 has no more, are not compared.
bool Equal(const at::Tensor& one, const at::Tensor& other);

}  // namespace portcullis::simcompute
