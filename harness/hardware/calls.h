// Owns: the CUDA runtime calls of one case, as a recording keeps and compares them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/host/flight_log.h"

namespace portcullis::hardware {

// A list of [call, phase, GPU by position, bytes, result], in order, of the calls that the recorder
// knows (src/hardware/recorded_calls.h); the simulated runtime's other calls are left out.
nlohmann::json CallsJson(const host::FlightLog& log);

// One line a call, for people and for comparing. Launches are left out: the simulation computes an
// operator at once, whichever kernels it has.
std::string CallsText(const nlohmann::json& calls);

}  // namespace portcullis::hardware
