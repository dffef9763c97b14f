// Owns: are the tensors that a loader reported the right ones, whole, and where they should be?
#pragma once

#include <string>
#include <vector>

#include "harness/checkpoints/reference.h"
#include "harness/scenario/case.h"
#include "harness/verdict/observation.h"
#include "src/checkpoint/device_map.h"

namespace portcullis::verdict {

// What CompareTensors says of a tensor whose bytes are not those that were saved.
inline constexpr char kWrongBytes[] = "its bytes are wrong";

// One sentence for each tensor that is missing, surplus, elsewhere or has other bytes.
std::vector<std::string> TensorDifferences(const scenario::Devices& devices,
                                           const checkpoints::Reference& reference,
                                           const std::vector<SeenTensor>& seen);

// Appends those (at most ten, then how many more).
void CompareTensors(const scenario::Devices& devices, const checkpoints::Reference& reference,
                    const std::vector<SeenTensor>& seen, std::vector<std::string>& differences);

// "" if the static reader sees the tensors that the checkpoint truly holds, with their dtypes,
// shapes and tags, and the same bytes by tag; else the first difference. No load reports tensors in
// plain attributes of a TorchScript module: what is known to have none says so.
std::string CompareMap(const checkpoint::DeviceMap& map, const checkpoints::Reference& reference,
                       bool without_attributes);

}  // namespace portcullis::verdict
