// Owns: what a person, or a program, is told of an agreement.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/hardware/agree.h"
#include "harness/report/terminal.h"

namespace portcullis::hardware {

// The machine, a row for each aspect with its figure, then every difference by name: the first
// lines that differ, and the explanation if there is one.
std::string AgreementText(const Recording& recording, const Agreement& agreement,
                          const report::Style& style);

// {"compared", "agreed", "aspects": {…}, "differences": […], "not_compared": […]}
nlohmann::json AgreementJson(const Agreement& agreement);

}  // namespace portcullis::hardware
