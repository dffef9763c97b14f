// Owns: bringing the computing plugin into a process.
#pragma once

#include <driver_types.h>

namespace portcullis::simcuda {

// Loads the plugin that the environment names (kComputeVariable), if it names one, when the first
// device is about to be used: by then every library of PyTorch has registered its operators, in C++
// as in Python. A process without PyTorch's CUDA library is left alone. cudaErrorNotSupported if
// the plugin cannot be used; standard error says why.
cudaError_t LoadPlugin();

// Whether a plugin has been loaded, with which operators compute.
bool HasPlugin();

}  // namespace portcullis::simcuda
