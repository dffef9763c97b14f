// Owns: running the cases of declared hosts on another one: this machine, or its simulated twin.
#pragma once

#include "harness/host/host.h"
#include "harness/suite/suite.h"

namespace portcullis::hardware {

// Cases run on `machine` where it can show their host (shown.h), and are skipped by name where not.
// Both arguments must outlive the function.
suite::StageOf OnMachine(const host::Host& machine, const host::HostLibrary& hosts);

}  // namespace portcullis::hardware
