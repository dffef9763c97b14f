// Owns: the rules of single formats, whose functions come from elsewhere: torch.export,
// safetensors.
#pragma once

#include <optional>

#include "src/portability/predict.h"

namespace portcullis::portability {

// What the format's own function refuses, whatever the host.
std::optional<Prediction> RefusedByFormat(const checkpoint::DeviceMap& subject, const Build& build,
                                          const Strategy& strategy);

// A device that is not there, in the words of the format's function.
Prediction AsItsFunctionSays(checkpoint::Format format, Prediction failure, const Place& place,
                             const Build& build);

}  // namespace portcullis::portability
