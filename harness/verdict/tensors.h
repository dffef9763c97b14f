// Owns: are the tensors that a loader reported the right ones, whole, and where they should be?
#pragma once

#include <string>
#include <vector>

#include "harness/checkpoints/reference.h"
#include "harness/scenario/case.h"
#include "harness/verdict/observation.h"

namespace portcullis::verdict {

// Appends one sentence for each tensor that is missing, surplus, elsewhere or has other bytes
// (at most ten, then how many more).
void CompareTensors(const scenario::Devices& devices, const checkpoints::Reference& reference,
                    const std::vector<SeenTensor>& seen, std::vector<std::string>& differences);

}  // namespace portcullis::verdict
