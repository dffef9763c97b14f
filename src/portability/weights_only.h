// Owns: which globals of a pickle torch.load(weights_only=True) accepts, the default since 2.6.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::portability {

// True if PyTorch 2.11 accepts it (torch/_weights_only_unpickler.py, _get_allowed_globals).
// `global` is "module.name", Python 2 modules as written.
bool WeightsOnlyAccepts(std::string_view global);

// Those of `globals` that are refused, in order.
std::vector<std::string> WeightsOnlyRefuses(const std::vector<std::string>& globals);

}  // namespace portcullis::portability
