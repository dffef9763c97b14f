// Owns: what a device says about itself, made from its description.
#pragma once

#include <driver_types.h>

#include <optional>
#include <string>

#include "src/simcuda/core/device.h"

namespace portcullis::simcuda {

cudaDeviceProp Properties(const Device& device);

// Value of one attribute; nothing for an attribute that CUDA does not have.
std::optional<int> Attribute(const Device& device, int attribute);

// "0000:3b:00.0", as cudaDeviceGetPCIBusId prints it.
std::string PciBusId(const DeviceDescription& description);

}  // namespace portcullis::simcuda
