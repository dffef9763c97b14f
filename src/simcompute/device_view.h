// Owns: where the host can reach the memory of a simulated device.
//
// Addresses that a program gets from a simulated device cannot be followed; the same bytes lie in a
// second range, which the CPU's kernels work on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portcullis::simcompute {

// Where the bytes at `address` of the device with this ordinal can be reached. An address outside
// the device's memory is host memory that the device was lent, and comes back as it is.
void* HostView(void* address, int ordinal);
// The other way round: the device address of bytes that HostView() has found; null for other
// memory.
void* DeviceAddress(const void* view);

// Registers an operator at the simulated runtime, as the launch of a kernel is: it is counted, the
// fault plan may strike, and a device that is broken stays so. Throws what PyTorch throws for a
// failed launch.
void LaunchOperator(int ordinal, const char* name);

}  // namespace portcullis::simcompute
