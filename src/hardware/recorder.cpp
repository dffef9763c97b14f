// Owns: the recorder: a library that goes before the real CUDA runtime (LD_PRELOAD) and writes the
// flight record of what a program asks of it, in the form of the simulated runtime's. Every
// function here passes its call on unchanged, and counts it if it succeeded.
//
// It has no symbol versions, so that it also stands for libcudart.so.13's versioned symbols
// (ld.so takes a definition without versions for any).
#include <cuda_runtime_api.h>

#include "src/hardware/ledger.h"
#include "src/hardware/runtime.h"

#define PORTCULLIS_ENTRY extern "C" __attribute__((visibility("default")))

namespace portcullis::hardware {
namespace {

// Passes a call on; `count` sees it if it succeeded.
template <typename Function, typename Count, typename... Arguments>
cudaError_t Pass(Function* real, Count&& count, Arguments... arguments) {
  if (real == nullptr) return cudaErrorNotSupported;
  const cudaError_t error = real(arguments...);
  if (error == cudaSuccess) count();
  return error;
}

}  // namespace
}  // namespace portcullis::hardware

// PASS(cudaFree, counted, argument, …): the real function of that name is called with the
// arguments.
#define PASS(name, count, ...) \
  portcullis::hardware::Pass(portcullis::hardware::Real<decltype(name)>(#name), count, __VA_ARGS__)

using portcullis::hardware::Ledger;

PORTCULLIS_ENTRY cudaError_t cudaMalloc(void** address, size_t bytes) {
  return PASS(
      cudaMalloc, [&] { Ledger::Get().Allocated(*address, bytes); }, address, bytes);
}

PORTCULLIS_ENTRY cudaError_t cudaMallocAsync(void** address, size_t bytes, cudaStream_t stream) {
  return PASS(
      cudaMallocAsync, [&] { Ledger::Get().Allocated(*address, bytes); }, address, bytes, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaFree(void* address) {
  return PASS(
      cudaFree, [&] { Ledger::Get().Freed(address); }, address);
}

PORTCULLIS_ENTRY cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  return PASS(
      cudaFreeAsync, [&] { Ledger::Get().Freed(address); }, address, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes,
                                        cudaMemcpyKind kind) {
  return PASS(
      cudaMemcpy, [&] { Ledger::Get().Copied(to, from, bytes); }, to, from, bytes, kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes,
                                             cudaMemcpyKind kind, cudaStream_t stream) {
  return PASS(
      cudaMemcpyAsync, [&] { Ledger::Get().Copied(to, from, bytes); }, to, from, bytes, kind,
      stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from,
                                                 int from_device, size_t bytes,
                                                 cudaStream_t stream) {
  return PASS(
      cudaMemcpyPeerAsync, [&] { Ledger::Get().Copied(to, from, bytes); }, to, to_device, from,
      from_device, bytes, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from,
                                               size_t from_pitch, size_t width, size_t height,
                                               cudaMemcpyKind kind, cudaStream_t stream) {
  return PASS(
      cudaMemcpy2DAsync, [&] { Ledger::Get().Copied(to, from, width * height); }, to, to_pitch,
      from, from_pitch, width, height, kind, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block,
                                              void** arguments, size_t shared,
                                              cudaStream_t stream) {
  return PASS(
      cudaLaunchKernel, [&] { Ledger::Get().Launched(); }, kernel, grid, block, arguments, shared,
      stream);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config,
                                                 const void* kernel, void** arguments) {
  return PASS(
      cudaLaunchKernelExC, [&] { Ledger::Get().Launched(); }, config, kernel, arguments);
}
