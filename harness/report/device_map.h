// Owns: showing what a checkpoint says about devices.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/report/terminal.h"
#include "src/checkpoint/device_map.h"

namespace portcullis::report {

// The device map as a table: tensors, then devices that are no tags, then totals by tag, then
// warnings. Names are shortened in the middle so that lines fit.
std::string DeviceMapTable(const checkpoint::DeviceMap& map, const Style& style);
nlohmann::json DeviceMapJson(const checkpoint::DeviceMap& map);

// At most `columns` wide: "model.layers.…attention.weight".
std::string ShortenedName(const std::string& name, std::size_t columns);

// The tag as people see it; "-" where a file names no device.
std::string ShownTag(const std::string& device);

}  // namespace portcullis::report
