// Owns: what every entry point does around its own work: becoming the host, counting the call and
// writing it down, meeting faults, repeating sticky errors, remembering the thread's last error.
#pragma once

#include <driver_types.h>

#include <new>

#include "src/simcuda/core/context.h"
#include "src/simcuda/core/entry.h"
#include "src/simcuda/core/open_event.h"
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

// Asks the fault plan about an entry point itself, on the current device.
cudaError_t MeetFaults(Process& process, Entry entry);

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
cudaError_t Call(Entry entry, Body&& body) {
  Process& process = Process::Get();
  Record& record = Record::Get();
  record.CountCall();
  OpenEvent event(record, entry.row(), entry.asks());
  return Finish(event.End(Guarded([&] {
    if (process.state() != cudaSuccess) return process.state();
    const cudaError_t injected = MeetFaults(process, entry);
    return injected == cudaSuccess ? body(process) : injected;
  })));
}

// An entry point that works on the current device, in its context: body(process, device).
template <class Body>
cudaError_t CallOnDevice(Entry entry, Body&& body) {
  return Call(entry, [&](Process& process) {
    Device& device = *process.FindDevice(CurrentOrdinal());
    const cudaError_t unusable = EnterContext(process, device);
    return unusable == cudaSuccess ? body(process, device) : unusable;
  });
}

}  // namespace portcullis::simcuda
