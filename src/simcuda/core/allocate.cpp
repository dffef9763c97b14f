#include "src/simcuda/core/allocate.h"

#include <cuda_runtime_api.h>

#include "src/simcuda/core/process.h"
#include "src/simcuda/core/record.h"

namespace portcullis::simcuda {

cudaError_t Allocate(Process& process, Device& device, void** address, std::size_t bytes) {
  if (!address) return cudaErrorInvalidValue;
  *address = nullptr;
  if (bytes == 0) return cudaSuccess;
  const Injected injected = process.faults().Ask({FaultPoint::kMalloc, &device, bytes});
  if (injected.error != cudaSuccess) return injected.error;
  const std::optional<Allocation> allocation = device.memory().Allocate(bytes);
  if (!allocation) return cudaErrorMemoryAllocation;
  Record::Get().CountAllocation(device.physical(), allocation->reserved);
  *address = allocation->address;
  return cudaSuccess;
}

cudaError_t Free(Process& process, void* address) {
  if (!address) return cudaSuccess;
  Device* owner = process.FindOwner(address);
  if (!owner) return cudaErrorInvalidValue;
  const std::optional<Allocation> found = owner->memory().Find(address);
  if (!found || found->address != address) return cudaErrorInvalidValue;
  const Injected injected = process.faults().Ask({FaultPoint::kFree, owner, found->bytes});
  if (injected.error != cudaSuccess) return injected.error;
  const std::optional<Allocation> freed = owner->memory().Free(address);
  if (!freed) return cudaErrorInvalidValue;
  Record::Get().CountFree(owner->physical(), freed->reserved);
  return cudaSuccess;
}

cudaPointerAttributes Describe(Process& process, const void* address) {
  auto* pointer = const_cast<void*>(address);
  cudaPointerAttributes attributes = {};
  attributes.type = cudaMemoryTypeUnregistered;
  attributes.device = cudaInvalidDeviceId;
  attributes.hostPointer = pointer;
  if (Device* owner = process.FindOwner(address)) {
    if (!owner->memory().Find(address)) return attributes;
    attributes.type = cudaMemoryTypeDevice;
    attributes.device = owner->ordinal();
    attributes.devicePointer = pointer;
    attributes.hostPointer = nullptr;
    return attributes;
  }
  if (const auto range = process.host_memory().Find(address)) {
    attributes.type = cudaMemoryTypeHost;
    attributes.device = range->device;
    attributes.devicePointer = pointer;
  }
  return attributes;
}

}  // namespace portcullis::simcuda
