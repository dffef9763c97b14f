// Owns: the recorder: a library that goes before the real CUDA runtime (LD_PRELOAD) and writes the
// flight record of what a program asks of it, in the form of the simulated runtime's. Every
// function here passes its call on unchanged, and writes down how it ended.
//
// It has no symbol versions, so that it also stands for libcudart.so.13's versioned symbols
// (ld.so takes a definition without versions for any).
#include <cuda_runtime_api.h>

#include <algorithm>

#include "src/hardware/clock.h"
#include "src/hardware/ledger.h"
#include "src/hardware/recorded_calls.h"
#include "src/hardware/runtime.h"
#include "src/simcuda/interface/entry_names.h"

#define PORTCULLIS_ENTRY extern "C" __attribute__((visibility("default")))

namespace portcullis::hardware {
namespace {

// Passes a call on; `write` gets to see it when it has returned.
template <typename Function, typename Write, typename... Arguments>
cudaError_t Pass(std::uint16_t entry, Function* real, Write&& write, Arguments... arguments) {
  if (real == nullptr) return cudaErrorNotSupported;
  Call call{entry, NowNs(), cudaSuccess};
  call.result = real(arguments...);
  write(call);
  return call.result;
}

constexpr bool IsRecorded(std::string_view name) {
  return std::find(kRecordedCalls.begin(), kRecordedCalls.end(), name) != kRecordedCalls.end();
}

}  // namespace
}  // namespace portcullis::hardware

// PASS_AS(cudaFree, function, written, argument, …): calls the real `function` with the arguments;
// `written` is done with the Call `call`, of cudaFree, afterwards.
#define PASS_AS(name, function, written, ...)                            \
  static_assert(portcullis::hardware::IsRecorded(#name));                \
  constexpr std::uint16_t entry = portcullis::simcuda::FindEntry(#name); \
  return portcullis::hardware::Pass(                                     \
      entry, portcullis::hardware::Real<decltype(function)>(#function),  \
      [&](const portcullis::hardware::Call& call) {                      \
        portcullis::hardware::Ledger::Get().written;                     \
      },                                                                 \
      __VA_ARGS__)
#define PASS(name, written, ...) PASS_AS(name, name, written, __VA_ARGS__)

PORTCULLIS_ENTRY cudaError_t cudaMalloc(void** address, size_t bytes) {
  PASS(cudaMalloc, Allocated(call, address, bytes), address, bytes);
}

PORTCULLIS_ENTRY cudaError_t cudaMallocAsync(void** address, size_t bytes, cudaStream_t stream) {
  PASS(cudaMallocAsync, Allocated(call, address, bytes), address, bytes, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaFree(void* address) {
  PASS(cudaFree, Freed(call, address), address);
}

PORTCULLIS_ENTRY cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  PASS(cudaFreeAsync, Freed(call, address), address, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes,
                                        cudaMemcpyKind kind) {
  PASS(cudaMemcpy, Copied(call, to, from, bytes), to, from, bytes, kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes,
                                             cudaMemcpyKind kind, cudaStream_t stream) {
  PASS(cudaMemcpyAsync, Copied(call, to, from, bytes), to, from, bytes, kind, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from,
                                                 int from_device, size_t bytes,
                                                 cudaStream_t stream) {
  PASS(cudaMemcpyPeerAsync, Copied(call, to, from, bytes), to, to_device, from, from_device, bytes,
       stream);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from,
                                               size_t from_pitch, size_t width, size_t height,
                                               cudaMemcpyKind kind, cudaStream_t stream) {
  PASS(cudaMemcpy2DAsync, Copied(call, to, from, width * height), to, to_pitch, from, from_pitch,
       width, height, kind, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block,
                                              void** arguments, size_t shared,
                                              cudaStream_t stream) {
  PASS(cudaLaunchKernel, Launched(call), kernel, grid, block, arguments, shared, stream);
}

// What CUDA 13 compiles <<<…>>> to (crt/host_runtime.h); such a program calls no cudaLaunchKernel.
// cudaLaunchKernel.
PORTCULLIS_ENTRY cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block,
                                                void** arguments, size_t shared,
                                                cudaStream_t stream) {
  PASS_AS(cudaLaunchKernel, __cudaLaunchKernel, Launched(call), kernel, grid, block, arguments,
          shared, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config,
                                                 const void* kernel, void** arguments) {
  PASS(cudaLaunchKernelExC, Launched(call), config, kernel, arguments);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchCooperativeKernel(const void* kernel, dim3 grid, dim3 block,
                                                         void** arguments, size_t shared,
                                                         cudaStream_t stream) {
  PASS(cudaLaunchCooperativeKernel, Launched(call), kernel, grid, block, arguments, shared, stream);
}
