// Owns: allocating device memory, counted, and saying what memory an address is of.
#pragma once

#include <driver_types.h>

#include <cstddef>

namespace portcullis::simcuda {

class Device;
class Process;

// cudaErrorMemoryAllocation if it does not fit; does not poison the device. Nothing asked for:
// null.
cudaError_t Allocate(Process& process, Device& device, void** address, std::size_t bytes);

// cudaErrorInvalidValue if `address` is not the start of an allocation of any device.
cudaError_t Free(Process& process, void* address);

// What cudaPointerGetAttributes says of any address.
cudaPointerAttributes Describe(Process& process, const void* address);

}  // namespace portcullis::simcuda
