// Owns: the rules of single formats, whose functions come from elsewhere: torch.export,
// safetensors.
#pragma once

#include <optional>

#include "src/portability/predict.h"

namespace portcullis::portability {

// True for a tensor that TorchScript code holds: no parameter of the module, so that .to() leaves
// it where it is. Freezing makes constants of all parameters.
bool IsConstant(const checkpoint::DeviceMap& subject, const checkpoint::StorageEntry& storage);

// True if loading compares constants of one type, to keep one of those that are equal
// (torch/csrc/jit/passes/constant_pooling.cpp and ir/node_hashing.cpp, 2.11). Which of them are of
// one function is not looked at.
bool ComparesConstants(const checkpoint::DeviceMap& subject);

// What the format's own function refuses, whatever the host.
std::optional<Prediction> RefusedByFormat(const checkpoint::DeviceMap& subject, const Build& build,
                                          const Strategy& strategy);

// A device that is not there, in the words of the format's function.
Prediction AsItsFunctionSays(checkpoint::Format format, Prediction failure, const Place& place,
                             const Build& build);

}  // namespace portcullis::portability
