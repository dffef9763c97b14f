// Owns: changing devices in text: literals in TorchScript code, devices in the JSON of exported
// programs.
#pragma once

#include <string_view>
#include <vector>

#include "src/checkpoint/json_devices.h"
#include "src/checkpoint/retag/mapping.h"
#include "src/checkpoint/retag/splice.h"

namespace portcullis::checkpoint {

// Of every torch.device("…"). A shorter device is padded with blanks, so that what stands behind it
// stays where the archive's source ranges (.debug_pkl) say it is.
std::vector<Edit> CodeEdits(std::string_view code, const DeviceMapping& mapping);

// Of every device for which `wanted` is true.
std::vector<Edit> JsonEdits(const Source& json, const DeviceMapping& mapping,
                            bool (*wanted)(const JsonPath& path));

}  // namespace portcullis::checkpoint
