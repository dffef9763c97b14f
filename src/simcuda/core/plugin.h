// Owns: bringing the computing plugin into a process.
#pragma once

#include <driver_types.h>

namespace portcullis::simcuda {

// The plugin (src/simcompute) that the environment names, if it names one. With it, PyTorch's
// operators compute on simulated devices.
inline constexpr char kComputeVariable[] = "PORTCULLIS_SIM_COMPUTE";  // path of the plugin

// Loads the plugin when the first device is about to be used: by then every library of PyTorch has
// registered its operators, in C++ as in Python. A process without PyTorch's CUDA library is left
// alone. cudaErrorNotSupported if the plugin cannot be used; standard error says why.
cudaError_t LoadPlugin();

}  // namespace portcullis::simcuda
