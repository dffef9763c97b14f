// Owns: a device's primary context: creating it at the first use, and refusing one that is broken.
#pragma once

#include <driver_types.h>

namespace portcullis::simcuda {

class Device;
class Process;

// Makes the device's context active. The sticky error of a poisoned one;
// cudaErrorDevicesUnavailable if other processes keep the device from this one (DeviceState); what
// the fault plan says.
cudaError_t EnterContext(Process& process, Device& device);

}  // namespace portcullis::simcuda
