// Owns: the entry points that allocate device memory and pin host memory.
#include <cuda_runtime_api.h>

#include "src/simcuda/core/allocate.h"
#include "src/simcuda/core/call.h"

namespace portcullis::simcuda {
namespace {

constexpr unsigned kHostAllocFlags =
    cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;

cudaError_t AllocateHost(Entry entry, void** address, std::size_t bytes, unsigned flags) {
  return CallOnDevice(entry, [&](Process& process, Device& device) {
    if (!address || (flags & ~kHostAllocFlags) != 0) return cudaErrorInvalidValue;
    *address = nullptr;
    if (bytes == 0) return cudaSuccess;
    const Injected injected = process.faults().Ask({FaultPoint::kHostMalloc, &device, bytes});
    if (injected.error != cudaSuccess) return injected.error;
    // Where host and devices share their addresses all of it is mapped.
    const auto range =
        process.host_memory().Allocate(bytes, flags | cudaHostAllocMapped, device.ordinal());
    if (!range) return cudaErrorMemoryAllocation;
    *address = range->address;
    return cudaSuccess;
  });
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  return CallOnDevice("cudaMalloc", [&](Process& process, Device& device) {
    return Allocate(process, device, address, bytes);
  });
}

PORTCULLIS_ENTRY cudaError_t cudaFree(void* address) {
  return CallOnDevice("cudaFree",
                      [&](Process& process, Device&) { return Free(process, address); });
}

PORTCULLIS_ENTRY cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return CallOnDevice("cudaMemGetInfo", [&](Process&, Device& device) {
    if (total) *total = device.memory().capacity();
    if (free) *free = device.memory().free();
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaHostAlloc(void** address, std::size_t bytes, unsigned flags) {
  return AllocateHost("cudaHostAlloc", address, bytes, flags);
}

PORTCULLIS_ENTRY cudaError_t cudaMallocHost(void** address, std::size_t bytes) {
  return AllocateHost("cudaMallocHost", address, bytes, cudaHostAllocDefault);
}

PORTCULLIS_ENTRY cudaError_t cudaFreeHost(void* address) {
  return CallOnDevice("cudaFreeHost", [&](Process& process, Device&) {
    if (!address || process.host_memory().Free(address)) return cudaSuccess;
    return cudaErrorInvalidValue;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaHostRegister(void* address, std::size_t bytes, unsigned flags) {
  return CallOnDevice("cudaHostRegister", [&](Process& process, Device& device) {
    if (!address || bytes == 0 || process.FindOwner(address)) return cudaErrorInvalidValue;
    const Injected injected = process.faults().Ask({FaultPoint::kHostMalloc, &device, bytes});
    if (injected.error != cudaSuccess) return injected.error;
    return process.host_memory().Register(address, bytes, flags, device.ordinal())
               ? cudaSuccess
               : cudaErrorHostMemoryAlreadyRegistered;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaHostUnregister(void* address) {
  return CallOnDevice("cudaHostUnregister", [&](Process& process, Device&) {
    if (!address) return cudaErrorInvalidValue;
    return process.host_memory().Unregister(address) ? cudaSuccess
                                                     : cudaErrorHostMemoryNotRegistered;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaHostGetDevicePointer(void** device_address, void* host_address,
                                                      unsigned flags) {
  return CallOnDevice("cudaHostGetDevicePointer", [&](Process& process, Device&) {
    if (!device_address || flags != 0) return cudaErrorInvalidValue;
    if (!process.host_memory().Find(host_address)) return cudaErrorInvalidValue;
    *device_address = host_address;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaHostGetFlags(unsigned* flags, void* address) {
  return CallOnDevice("cudaHostGetFlags", [&](Process& process, Device&) {
    const auto range = process.host_memory().Find(address);
    if (!flags || !range) return cudaErrorInvalidValue;
    *flags = range->flags;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes,
                                                      const void* address) {
  return Call("cudaPointerGetAttributes", [&](Process& process) {
    if (!attributes) return cudaErrorInvalidValue;
    *attributes = Describe(process, address);
    return cudaSuccess;
  });
}
