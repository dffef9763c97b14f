// Owns: which globals and which opcodes of a pickle torch.load(weights_only=True) accepts, the
// default since 2.6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/checkpoint/device_map.h"
#include "src/portability/torch_version.h"
#include "src/portability/unpickling.h"

namespace portcullis::portability {

// True if that PyTorch accepts it (torch/_weights_only_unpickler.py, _get_allowed_globals,
// of 2.5.1, 2.6.0, 2.11.0 and 2.15.0; of a version between two of them, the older one's answer).
// `global` is "module.name", Python 2 modules as written.
bool WeightsOnlyAccepts(std::string_view global, const TorchVersion& torch = kDefaultTorch);

// Those of `globals` that are refused, in order.
std::vector<std::string> WeightsOnlyRefuses(const std::vector<checkpoint::PickledGlobal>& globals,
                                            const TorchVersion& torch = kDefaultTorch);

// True if its unpickler has the opcode: those of pickle protocol 2 as torch.save writes it
// (torch/_weights_only_unpickler.py, Unpickler.load, 2.5.1 to 2.15.0).
bool WeightsOnlyKnows(std::uint8_t opcode);

// Where it ends: at a global that is refused, or at an opcode that is not known.
std::optional<UnpicklingEnd> WeightsOnlyEndOf(const checkpoint::DeviceMap& subject,
                                              const TorchVersion& torch = kDefaultTorch);

}  // namespace portcullis::portability
