// Owns: putting a case into the words of the rules (src/portability).
#pragma once

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "src/portability/predict.h"

namespace portcullis::suite {

// A host behind a mask as the rules see it: the memory of each visible GPU, in the mask's order.
portability::Place PlaceOf(const host::Host& host, const host::Mask& mask);

// For each GPU of a host, what CUDA calls it behind a mask: "cuda:1", or "hidden".
std::vector<std::string> OrdinalsOf(const host::Host& host, const host::Mask& mask);

portability::Prediction PredictCase(const checkpoint::DeviceMap& map, const host::Host& host,
                                    const host::Mask& mask, const host::Runtime& runtime,
                                    const portability::Strategy& strategy, bool trust);

}  // namespace portcullis::suite
