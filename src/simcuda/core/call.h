// Owns: what every entry point does around its own work: becoming the host, counting the call,
// repeating sticky errors, remembering the thread's last error.
#pragma once

#include <driver_types.h>

#include <new>

#include "src/simcuda/core/process.h"
#include "src/simcuda/core/record.h"

// Before the definition of an entry point.
#define PORTCULLIS_ENTRY extern "C" __attribute__((visibility("default")))

namespace portcullis::simcuda {

// The thread's last error, as cudaGetLastError gives it.
cudaError_t& LastError();

// Remembers an error as the thread's last and returns it.
inline cudaError_t Finish(cudaError_t error) {
  if (error != cudaSuccess) LastError() = error;
  return error;
}

// Runs `body` with exceptions turned into errors: nothing may be thrown through C.
template <class Body>
cudaError_t Guarded(Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return cudaErrorMemoryAllocation;
  } catch (...) {
    return cudaErrorUnknown;
  }
}

// An entry point that needs a host with devices: body(process).
template <class Body>
cudaError_t Call(Body&& body) {
  return Finish(Guarded([&] {
    Process& process = Process::Get();
    Record::Get().CountCall();
    return process.state() == cudaSuccess ? body(process) : process.state();
  }));
}

// An entry point that works on the current device, in its context: body(process, device).
template <class Body>
cudaError_t CallOnDevice(Body&& body) {
  return Call([&](Process& process) {
    Device& device = *process.FindDevice(CurrentOrdinal());
    if (device.sticky() != cudaSuccess) return device.sticky();
    device.Activate();
    return body(process, device);
  });
}

}  // namespace portcullis::simcuda
