// Owns: finding out which host to be: the description named in the environment.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

// Reads the file that PORTCULLIS_SIM_HOST names. Nothing if the variable is not set, or if the file
// cannot be used; the latter is said on standard error. Either way there is no driver.
std::optional<HostDescription> ReadHost();

// The devices of a host by CUDA_DEVICE_ORDER: positions in `host.devices`. PCI_BUS_ID orders by PCI
// address; otherwise the fastest device comes first and the others follow by PCI address (CUDA C++
// Programming Guide 13.0: FASTEST_FIRST is "a simple heuristic"; here compute capability, then
// multiprocessors times clock).
std::vector<std::size_t> DeviceOrder(const HostDescription& host, bool by_pci_address);

}  // namespace portcullis::simcuda
