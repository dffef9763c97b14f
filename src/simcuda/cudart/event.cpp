// Owns: the entry points about events.
#include <cuda_runtime_api.h>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/stream.h"

namespace portcullis::simcuda {
namespace {

constexpr unsigned kEventFlags =
    cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;

cudaError_t CreateEvent(Entry entry, cudaEvent_t* handle, unsigned flags) {
  return CallOnDevice(entry, [&](Process&, Device& device) {
    if (!handle || (flags & ~kEventFlags)) return cudaErrorInvalidValue;
    if ((flags & cudaEventInterprocess) && !(flags & cudaEventDisableTiming)) {
      return cudaErrorInvalidValue;
    }
    *handle = reinterpret_cast<cudaEvent_t>(Events().Make(device.ordinal(), flags));
    return cudaSuccess;
  });
}

cudaError_t RecordEvent(Entry entry, cudaEvent_t handle, cudaStream_t stream_handle) {
  return CallOnDevice(entry, [&](Process&, Device& device) {
    const auto event = Events().Find(handle);
    const auto stream = FindStream(stream_handle, device.ordinal());
    if (!event || !stream) return cudaErrorInvalidResourceHandle;
    if (event->device != stream->device) return cudaErrorInvalidResourceHandle;
    event->recorded_ns = NowNs();
    return cudaSuccess;
  });
}

// Both events must have been recorded, on one device, and keep times.
cudaError_t Elapsed(float* milliseconds, const Event& start, const Event& end) {
  const std::int64_t from = start.recorded_ns;
  const std::int64_t to = end.recorded_ns;
  if (from == 0 || to == 0 || start.device != end.device) return cudaErrorInvalidResourceHandle;
  if ((start.flags | end.flags) & cudaEventDisableTiming) return cudaErrorInvalidResourceHandle;
  *milliseconds = static_cast<float>(static_cast<double>(to - from) / 1e6);
  return cudaSuccess;
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return CreateEvent("cudaEventCreate", event, cudaEventDefault);
}

PORTCULLIS_ENTRY cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return CreateEvent("cudaEventCreateWithFlags", event, flags);
}

PORTCULLIS_ENTRY cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return Call("cudaEventDestroy", [&](Process&) {
    return Events().Destroy(event) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return RecordEvent("cudaEventRecord", event, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream,
                                                      unsigned) {
  return RecordEvent("cudaEventRecordWithFlags", event, stream);
}

PORTCULLIS_ENTRY cudaError_t cudaEventQuery(cudaEvent_t event) {
  return CallOnDevice("cudaEventQuery", [&](Process&, Device&) {
    return Events().Find(event) ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return CallOnDevice("cudaEventSynchronize", [&](Process& process, Device&) {
    const auto found = Events().Find(event);
    if (!found) return cudaErrorInvalidResourceHandle;
    return process.faults().Ask({FaultPoint::kSync, process.FindDevice(found->device)}).error;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start,
                                                  cudaEvent_t end) {
  return CallOnDevice("cudaEventElapsedTime", [&](Process&, Device&) {
    const auto from = Events().Find(start);
    const auto to = Events().Find(end);
    if (!milliseconds) return cudaErrorInvalidValue;
    if (!from || !to) return cudaErrorInvalidResourceHandle;
    return Elapsed(milliseconds, *from, *to);
  });
}
