// Owns: the host as this process sees it: driver state and the devices behind the mask.
#pragma once

#include <driver_types.h>

#include <memory>
#include <span>
#include <vector>

#include "src/simcuda/core/device.h"
#include "src/simcuda/core/faults.h"
#include "src/simcuda/core/host_memory.h"

namespace portcullis::simcuda {

class Process {
 public:
  // Becomes the host that the environment names, at the first call. Mask and device order are
  // read then, once, as the driver does.
  static Process& Get();
  // Whether Get() has been called: what cuInit changes.
  static bool started();

  Process();

  // Forgets the host and all its memory; the next call reads the environment again. For tests: no
  // other thread may be using the simulated runtime.
  static void Forget();

  // What every call that needs a device returns: success, or why there is none.
  // cudaErrorInsufficientDriver: no driver, or one older than the runtime. cudaErrorNoDevice: there
  // is none, or none behind the mask. cudaErrorUnknown: a visible one is lost. Else the host's
  // start_error. cudaErrorInitializationError: this process was forked from one that had started.
  cudaError_t state() const { return forked_ ? cudaErrorInitializationError : state_; }
  int driver_version() const { return driver_version_; }
  void MarkForked() { forked_ = true; }

  std::span<const std::unique_ptr<Device>> devices() const { return devices_; }
  // Null if there is no such ordinal.
  Device* FindDevice(int ordinal) const;
  // The device that this address belongs to, allocated or not; null if it is host memory.
  Device* FindOwner(const void* address) const;
  HostMemory& host_memory() { return host_memory_; }
  const FaultPlan& faults() const { return faults_; }

 private:
  cudaError_t state_ = cudaErrorInsufficientDriver;
  bool forked_ = false;
  int driver_version_ = 0;
  std::vector<std::unique_ptr<Device>> devices_;
  HostMemory host_memory_;
  FaultPlan faults_;
};

// The thread's current device, by ordinal.
int& CurrentOrdinal();

}  // namespace portcullis::simcuda
