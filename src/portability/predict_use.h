// Owns: the rules of what follows a load that went well: where a use fails.
#pragma once

#include <optional>
#include <string>

#include "src/portability/predict.h"

namespace portcullis::portability {

// What goes wrong in the use of `strategy` once it has loaded; nothing if there is none or it goes
// well.
std::optional<Prediction> UseFails(const checkpoint::DeviceMap& subject, const Place& place,
                                   const Build& build, const Strategy& strategy);

// A way that would work, as code.
std::string RemedyOfUse(const checkpoint::DeviceMap& subject, const Strategy& strategy,
                        const Prediction& failure);

}  // namespace portcullis::portability
