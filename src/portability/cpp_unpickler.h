// Owns: what LibTorch's own unpickler makes of a pickle
// (torch/csrc/jit/serialization/unpickler.cpp). It reads TorchScript archives for torch.jit.load
// and torch::jit::load, and for torch::pickle_load what torch.save and torch::pickle_save wrote.
#pragma once

#include <optional>
#include <string>

#include "src/checkpoint/device_map.h"
#include "src/portability/predict.h"
#include "src/portability/torch_version.h"
#include "src/portability/unpickling.h"

namespace portcullis::portability {

// Where torch::pickle_load ends: at another protocol than 2, at an opcode or a global that it does
// not know, or at an OrderedDict with items, for which it has no value. A key that it cannot hash
// (a tuple) is not looked at. Source: unpickler.cpp of 2.11, tried with 2.5.1 to 2.15.0.
std::optional<UnpicklingEnd> PickleLoadEndOf(const checkpoint::DeviceMap& subject,
                                             const TorchVersion& torch = kDefaultTorch);

// What is wrong with a storage's tag: it is parsed whatever the load was told, and then `device` is
// asked for. Nothing for what is on the CPU, on a CUDA device or on meta.
std::optional<Prediction> UnpicklerRefuses(const std::string& tag, const std::string& device,
                                           const TorchVersion& torch = kDefaultTorch);

}  // namespace portcullis::portability
