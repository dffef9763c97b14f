// Owns: the entry points that copy and fill memory.
#include "src/simcuda/core/copy.h"

#include <cuda_runtime_api.h>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/stream.h"

namespace portcullis::simcuda {
namespace {

cudaError_t CopyNow(Entry entry, void* to, const void* from, const CopyShape& shape,
                    cudaMemcpyKind kind) {
  return CallOnDevice(
      entry, [&](Process& process, Device&) { return Copy(process, to, from, shape, kind); });
}

cudaError_t CopyOn(Entry entry, cudaStream_t stream, void* to, const void* from,
                   const CopyShape& shape, cudaMemcpyKind kind) {
  return CallOnDevice(entry, [&](Process& process, Device&) {
    if (!IsStream(stream)) return cudaErrorInvalidResourceHandle;
    return Copy(process, to, from, shape, kind);
  });
}

constexpr CopyShape Line(std::size_t bytes) { return {bytes, 1, bytes, bytes}; }

// The addresses of a peer copy must be of the devices named.
cudaError_t CopyPeer(Entry entry, cudaStream_t stream, void* to, int to_device, const void* from,
                     int from_device, std::size_t bytes) {
  return CallOnDevice(entry, [&](Process& process, Device&) {
    Device* target = process.FindDevice(to_device);
    Device* source = process.FindDevice(from_device);
    if (!target || !source) return cudaErrorInvalidDevice;
    if (!IsStream(stream)) return cudaErrorInvalidResourceHandle;
    if (bytes == 0) return cudaSuccess;
    if (process.FindOwner(to) != target || process.FindOwner(from) != source) {
      return cudaErrorInvalidValue;
    }
    return Copy(process, to, from, Line(bytes), cudaMemcpyDeviceToDevice);
  });
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes,
                                        cudaMemcpyKind kind) {
  return CopyNow("cudaMemcpy", to, from, Line(bytes), kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes,
                                             cudaMemcpyKind kind, cudaStream_t stream) {
  return CopyOn("cudaMemcpyAsync", stream, to, from, Line(bytes), kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyPeer(void* to, int to_device, const void* from,
                                            int from_device, std::size_t bytes) {
  return CopyPeer("cudaMemcpyPeer", nullptr, to, to_device, from, from_device, bytes);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from,
                                                 int from_device, std::size_t bytes,
                                                 cudaStream_t stream) {
  return CopyPeer("cudaMemcpyPeerAsync", stream, to, to_device, from, from_device, bytes);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy2D(void* to, std::size_t to_pitch, const void* from,
                                          std::size_t from_pitch, std::size_t width,
                                          std::size_t rows, cudaMemcpyKind kind) {
  const CopyShape shape = {width, rows, to_pitch, from_pitch};
  return CopyNow("cudaMemcpy2D", to, from, shape, kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                                               std::size_t from_pitch, std::size_t width,
                                               std::size_t rows, cudaMemcpyKind kind,
                                               cudaStream_t stream) {
  const CopyShape shape = {width, rows, to_pitch, from_pitch};
  return CopyOn("cudaMemcpy2DAsync", stream, to, from, shape, kind);
}

PORTCULLIS_ENTRY cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return CallOnDevice("cudaMemset",
                      [&](Process& process, Device&) { return Fill(process, to, value, bytes); });
}

PORTCULLIS_ENTRY cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes,
                                             cudaStream_t stream) {
  return CallOnDevice("cudaMemsetAsync", [&](Process& process, Device&) {
    if (!IsStream(stream)) return cudaErrorInvalidResourceHandle;
    return Fill(process, to, value, bytes);
  });
}
