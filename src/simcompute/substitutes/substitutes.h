// Owns: operators that PyTorch has for CUDA alone, computed from operators that the CPU has.
//
// Each function gets CPU tensors over the device's memory, as the CPU's own kernels do, and has the
// signature of its operator.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/boxing/KernelFunction.h>

#include <map>
#include <string>

namespace portcullis::simcompute {

using Substitutes = std::map<std::string, c10::KernelFunction>;

void AddAttention(Substitutes& to);
void AddConvolution(Substitutes& to);
void AddCudnn(Substitutes& to);
void AddDropout(Substitutes& to);
void AddDtypes(Substitutes& to);
void AddMatrixProducts(Substitutes& to);
void AddNormalization(Substitutes& to);
void AddRecurrent(Substitutes& to);

// All of them, by the name of the operator: "aten::cudnn_convolution".
const Substitutes& AllSubstitutes();

// The generator of the operator that this thread is computing, for those that draw random numbers
// without being given one; the running kernel sets it.
at::Generator& OperatorGenerator();

// The kernel that a function is.
template <auto function>
c10::KernelFunction Kernel() {
  return c10::KernelFunction::makeFromUnboxedFunction(
      c10::CompileTimeFunctionPointer<std::remove_pointer_t<decltype(function)>, function>());
}

// The kernel that writes what `function` returns into an output, its last argument.
template <auto function>
struct IntoOutput;
template <class... Arguments, at::Tensor (*function)(Arguments...)>
struct IntoOutput<function> {
  static at::Tensor& Call(Arguments... arguments, at::Tensor& out) {
    const at::Tensor result = function(arguments...);
    out.resize_(result.sizes());
    return out.copy_(result);
  }
  static c10::KernelFunction Kernel() { return simcompute::Kernel<&Call>(); }
};

}  // namespace portcullis::simcompute
