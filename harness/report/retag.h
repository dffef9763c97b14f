// Owns: showing what retagging changes, or has changed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/report/terminal.h"
#include "harness/suite/retag.h"

namespace portcullis::report {

// Of a file that was read: the changes by member and device, what stays and why, and what to do
// next.
std::string RetaggedText(const suite::Retagged& done, const Style& style);

// All of them, one by one.
nlohmann::json RetaggedJson(const suite::Retagged& done);

}  // namespace portcullis::report
