// Owns: which GPUs of a host a mask leaves visible, and whether CUDA starts behind it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/host/host.h"

namespace portcullis::host {

// Positions in Host::gpus of what a mask leaves visible, in CUDA's order.
std::vector<std::size_t> VisibleGpus(const Host& host, const Mask& mask);

// The UUIDs of all GPUs, as the driver writes them, in the order of Host::gpus.
std::vector<std::string> Uuids(const Host& host);

// The cudaError_t that starting CUDA fails with behind a mask; 0: none. That of having no GPU is
// not one.
int StartError(const Host& host, const Mask& mask);

// A mask that counts within what this machine's caller may use (Host::mask, as a scheduler sets
// it), as one that means the same GPUs to the driver: by UUID. Where the caller may use every GPU,
// and where the mask shows none anywhere, it stays as it is written.
Mask WithinCallers(const Host& machine, const Mask& mask);

}  // namespace portcullis::host
