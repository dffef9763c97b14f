// Owns: showing hosts: all of them as a table, and one of them with its GPUs.
#pragma once

#include <span>
#include <string>

#include "harness/host/host.h"
#include "harness/report/terminal.h"

namespace portcullis::report {

// A row for each host.
std::string HostTable(std::span<const host::Host> hosts, const Style& style);

// Driver, mask and faults of one, and a row for each GPU with the number that CUDA gives it.
std::string HostText(const host::Host& host, const Style& style);

}  // namespace portcullis::report
