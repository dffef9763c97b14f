// Owns: how the harness tells the simulated CUDA runtime to let operators compute.
#pragma once

namespace portcullis::simcuda {

// Path of the computing plugin (src/simcompute), with which PyTorch's operators compute; none: they
// do not.
inline constexpr char kComputeVariable[] = "PORTCULLIS_SIM_COMPUTE";

}  // namespace portcullis::simcuda
