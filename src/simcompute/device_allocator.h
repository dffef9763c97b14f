// Owns: giving the CPU's kernels memory of a simulated device for what they make.
//
// While an operator runs, whatever its thread allocates for tensors comes from PyTorch's own CUDA
// allocator, so that results are born on the device and need no copy, and are counted there.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/Device.h>

namespace portcullis::simcompute {

// Takes the place of the CPU's allocator for good. Call once.
void InstallDeviceAllocator();

// In its lifetime, the thread's CPU tensors get memory of this device, which must be the current
// one.
class AllocateOnDevice {
 public:
  explicit AllocateOnDevice(c10::DeviceIndex device);
  ~AllocateOnDevice();
  AllocateOnDevice(const AllocateOnDevice&) = delete;
  AllocateOnDevice& operator=(const AllocateOnDevice&) = delete;

 private:
  c10::DeviceIndex previous_;
};

// Whether memory of a CPU tensor was allocated that way.
bool IsOnDevice(const c10::DataPtr& memory);

// Turns memory allocated that way into what PyTorch's CUDA allocator would have returned, without
// touching the bytes.
c10::DataPtr AsDeviceMemory(c10::DataPtr&& memory, c10::DeviceIndex device);

}  // namespace portcullis::simcompute
