// Owns: a flight record as a time line: what was asked of the simulated GPUs, call by call.
#pragma once

#include <string>

#include "harness/host/flight_log.h"
#include "harness/report/terminal.h"

namespace portcullis::report {

// A line for each run of equal calls: when the first began, the phase, the call, how many, the
// device, their bytes, how they ended and which fault did it. Fits 80 columns.
std::string TraceText(const host::FlightLog& log, const Style& style);

// A JSON object for each call, one a line; times in nanoseconds after the first.
std::string TraceJson(const host::FlightLog& log);

}  // namespace portcullis::report
