// Owns: the entry points about streams.
#include "src/simcuda/core/stream.h"

#include <cuda_runtime_api.h>

#include <algorithm>

#include "src/simcuda/core/call.h"

namespace portcullis::simcuda {
namespace {

cudaError_t CreateStream(Entry entry, cudaStream_t* handle, unsigned flags, int priority) {
  return CallOnDevice(entry, [&](Process&, Device& device) {
    if (!handle || (flags & ~unsigned{cudaStreamNonBlocking})) return cudaErrorInvalidValue;
    const int within = std::clamp(priority, kGreatestPriority, kLeastPriority);
    *handle = reinterpret_cast<cudaStream_t>(Streams().Make(device.ordinal(), flags, within));
    return cudaSuccess;
  });
}

// Runs body(stream), or says that the handle is none.
template <class Body>
cudaError_t CallOnStream(Entry entry, cudaStream_t handle, Body&& body) {
  return CallOnDevice(entry, [&](Process&, Device& device) {
    const auto stream = FindStream(handle, device.ordinal());
    return stream ? body(*stream) : cudaErrorInvalidResourceHandle;
  });
}

// Stores a property of a stream where the program wants it.
template <class Value, class Get>
cudaError_t GetFromStream(Entry entry, cudaStream_t handle, Value* value, Get&& get) {
  return CallOnStream(entry, handle, [&](const Stream& stream) {
    if (!value) return cudaErrorInvalidValue;
    *value = get(stream);
    return cudaSuccess;
  });
}

cudaError_t NotCapturing(Entry entry, cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return GetFromStream(entry, handle, status,
                       [](const Stream&) { return cudaStreamCaptureStatusNone; });
}

cudaStreamCaptureMode& ThreadCaptureMode() {
  thread_local cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  return mode;
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return CreateStream("cudaStreamCreate", stream, cudaStreamDefault, kLeastPriority);
}

PORTCULLIS_ENTRY cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return CreateStream("cudaStreamCreateWithFlags", stream, flags, kLeastPriority);
}

PORTCULLIS_ENTRY cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags,
                                                          int priority) {
  return CreateStream("cudaStreamCreateWithPriority", stream, flags, priority);
}

PORTCULLIS_ENTRY cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return Call("cudaStreamDestroy", [&](Process&) {
    return Streams().Destroy(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return CallOnDevice("cudaStreamSynchronize", [&](Process& process, Device& current) {
    const auto on = FindStream(stream, current.ordinal());
    if (!on) return cudaErrorInvalidResourceHandle;
    return process.faults().Ask({FaultPoint::kSync, process.FindDevice(on->device)}).error;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return CallOnStream("cudaStreamQuery", stream, [](const Stream&) { return cudaSuccess; });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  return CallOnStream("cudaStreamWaitEvent", stream, [&](const Stream&) {
    return Events().Find(event) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority) {
  return GetFromStream("cudaStreamGetPriority", stream, priority,
                       [](const Stream& s) { return s.priority; });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned* flags) {
  return GetFromStream("cudaStreamGetFlags", stream, flags,
                       [](const Stream& s) { return s.flags; });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamGetId(cudaStream_t stream, unsigned long long* id) {
  return GetFromStream("cudaStreamGetId", stream, id, [](const Stream& s) { return s.id; });
}

#if CUDART_VERSION >= 12080
PORTCULLIS_ENTRY cudaError_t cudaStreamGetDevice(cudaStream_t stream, int* ordinal) {
  return GetFromStream("cudaStreamGetDevice", stream, ordinal,
                       [](const Stream& s) { return s.device; });
}
#endif

PORTCULLIS_ENTRY cudaError_t cudaStreamAddCallback(cudaStream_t stream,
                                                   cudaStreamCallback_t callback, void* data,
                                                   unsigned flags) {
  return CallOnStream("cudaStreamAddCallback", stream, [&](const Stream&) {
    if (!callback || flags != 0) return cudaErrorInvalidValue;
    callback(stream, cudaSuccess, data);
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function,
                                                void* data) {
  return CallOnStream("cudaLaunchHostFunc", stream, [&](const Stream&) {
    if (!function) return cudaErrorInvalidValue;
    function(data);
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaStreamIsCapturing(cudaStream_t stream,
                                                   cudaStreamCaptureStatus* status) {
  return NotCapturing("cudaStreamIsCapturing", stream, status);
}

// The other outputs are defined only for a capturing stream (cuda_runtime_api.h, 13.0).
#if CUDART_VERSION >= 13000
PORTCULLIS_ENTRY cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream,
                                                      cudaStreamCaptureStatus* status,
                                                      unsigned long long*, cudaGraph_t*,
                                                      const cudaGraphNode_t**,
                                                      const cudaGraphEdgeData**, std::size_t*) {
  return NotCapturing("cudaStreamGetCaptureInfo", stream, status);
}
#else
PORTCULLIS_ENTRY cudaError_t cudaStreamGetCaptureInfo_v2(cudaStream_t stream,
                                                         cudaStreamCaptureStatus* status,
                                                         unsigned long long*, cudaGraph_t*,
                                                         const cudaGraphNode_t**, std::size_t*) {
  return NotCapturing("cudaStreamGetCaptureInfo_v2", stream, status);
}
#endif

PORTCULLIS_ENTRY cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return Call("cudaThreadExchangeStreamCaptureMode", [&](Process&) {
    if (!mode) return cudaErrorInvalidValue;
    std::swap(*mode, ThreadCaptureMode());
    return cudaSuccess;
  });
}
