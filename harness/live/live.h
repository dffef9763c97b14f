// Owns: one command on a simulated host, from what is wanted to how it went.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/live/foreground.h"
#include "harness/live/standins.h"
#include "harness/suite/installation.h"

namespace portcullis::live {

struct Wish {
  std::vector<std::string> command;
  host::Host host;
  host::Mask mask;               // what the user says; else the host's, else the caller's own
  bool mask_is_said = false;     // "unset" is a mask too
  int cuda = 0;                  // major of the stand-ins; 0: what the command will load
  bool compute = false;          // operators of PyTorch compute (docs/COMPUTING.md)
  std::filesystem::path record;  // keep the flight record here; empty: nowhere
  std::vector<std::filesystem::path> preload;  // more libraries, before the stand-ins
};

struct Lived {
  Ended ended;
  Standins standins;
  host::Flight flight;
};

// `say` gets lines for people, before the command runs. Throws CannotRun if it could not be run.
Lived Live(const Wish& wish, const std::vector<host::Runtime>& runtimes,
           const suite::Installation& installation,
           const std::function<void(const std::string&)>& say);

}  // namespace portcullis::live
