// Owns: what a checkpoint is and where it loads, told in prose with the next step.
#pragma once

#include <string>

#include "harness/report/terminal.h"
#include "harness/suite/check.h"

namespace portcullis::repro {

// The forecasts must hold, for each host, "as-saved" and "map-location=cpu".
std::string Explain(const suite::Checked& checked, const report::Style& style);

}  // namespace portcullis::repro
