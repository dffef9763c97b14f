// Owns: putting a case into the words of the rules (src/portability).
#pragma once

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "src/portability/predict.h"

namespace portcullis::suite {

portability::Prediction PredictCase(const checkpoint::DeviceMap& map, const host::Host& host,
                                    const host::Mask& mask, const host::Runtime& runtime,
                                    const portability::Strategy& strategy, bool trust);

}  // namespace portcullis::suite
