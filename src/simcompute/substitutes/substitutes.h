// Owns: operators that PyTorch has for CUDA alone, computed from operators that the CPU has.
//
// Each function gets CPU tensors over the device's memory, as the CPU's own kernels do, and has the
// signature of its operator.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/boxing/KernelFunction.h>

#include <map>
#include <string>

namespace portcullis::simcompute {

using Substitutes = std::map<std::string, c10::KernelFunction>;

void AddAttention(Substitutes& to);
void AddConvolution(Substitutes& to);
void AddDropout(Substitutes& to);
void AddMatrixProducts(Substitutes& to);
void AddNormalization(Substitutes& to);
void AddRecurrent(Substitutes& to);

// All of them, by the name of the operator: "aten::cudnn_convolution".
const Substitutes& AllSubstitutes();

// The generator of the operator that this thread is computing, for those that draw random numbers
// without being given one; the running kernel sets it.
at::Generator& OperatorGenerator();

}  // namespace portcullis::simcompute
