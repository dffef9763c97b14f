// Owns: in which order CUDA numbers the GPUs of a host.
#pragma once

#include <cstddef>
#include <vector>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

// The devices of a host by CUDA_DEVICE_ORDER: positions in `host.devices`. PCI_BUS_ID orders by PCI
// address; otherwise the fastest device comes first and the others follow by PCI address (CUDA C++
// Programming Guide 13.0: FASTEST_FIRST is "a simple heuristic"; here compute capability, then
// multiprocessors times clock).
std::vector<std::size_t> DeviceOrder(const HostDescription& host, bool by_pci_address);

}  // namespace portcullis::simcuda
