// Owns: showing what a simulated host's GPUs did.
#pragma once

#include <string>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/report/terminal.h"

namespace portcullis::report {

// The host, the stand-ins it was made of (`standins`, for people), a row for each GPU over all
// phases, then the calls that were refused.
std::string FlightSummary(const host::Host& host, const host::Flight& flight,
                          const std::string& standins, const Style& style);

}  // namespace portcullis::report
