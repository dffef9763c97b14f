// Owns: finding out what is here, what is missing, and how to get it.
#pragma once

#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/suite/installation.h"

namespace portcullis::suite {

struct Check {
  std::string what;   // "runtime python"
  std::string found;  // "PyTorch 2.11.0+cu130, starts in 1.9 s and sees 2 simulated GPUs"
  bool good = false;
  bool needed = true;  // without it nothing can run
  std::string remedy;  // a command, "" if good
};

// Starts each runtime once on a simulated host with two GPUs; takes some seconds.
std::vector<Check> Examine(const Installation& installation, const host::HostLibrary& hosts,
                           const std::vector<host::Runtime>& runtimes);

}  // namespace portcullis::suite
