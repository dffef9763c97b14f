// Owns: telling what a tensor is for where its name and shape say so: it decides whether a map does
// it good.
#pragma once

#include <string_view>

#include "src/checkpoint/device_map.h"

namespace portcullis::checkpoint {

// "RNG state": what torch.get_rng_state() and torch.cuda.get_rng_state() give, bytes of a known
// number that must stay on the CPU (torch/random.py, torch/cuda/random.py; at::CPUGeneratorImpl,
// at::CUDAGeneratorImpl of PyTorch 1.0 to 2.11). "optimizer state": state.N.NAME below
// what torch.optim.Optimizer.state_dict() gives. Else "".
std::string_view RoleOf(const TensorEntry& tensor);

}  // namespace portcullis::checkpoint
