// Owns: showing what a checkpoint says about devices, and what that means on hosts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/report/terminal.h"
#include "harness/suite/check.h"
#include "src/checkpoint/device_map.h"

namespace portcullis::report {

// "97.8 MiB", "1.0 KiB", "12 B".
std::string Bytes(std::uint64_t bytes);

// "zip, 214 tensors, 97.8 MiB, tags: cuda:0 (97.8 MiB)": one line, storages counted once.
std::string Headline(const checkpoint::DeviceMap& map);

// The device map as a table: tensors, then devices that are no tags, then warnings.
std::string DeviceMapTable(const checkpoint::DeviceMap& map, const Style& style);
nlohmann::json DeviceMapJson(const checkpoint::DeviceMap& map);

// What the rules say of one file: a line a forecast, the reason and the remedy under a failure.
std::string CheckedText(const suite::Checked& checked, const Style& style);
nlohmann::json CheckedJson(const suite::Checked& checked);

}  // namespace portcullis::report
