// Owns: the environment of a command on a simulated host: the caller's own, and what makes the
// host.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/host/child_host.h"

namespace portcullis::live {

// What is added to the caller's environment. This is the one place where more libraries go: each
// `preload` comes before the stand-ins.
struct Additions {
  host::Mask mask;                 // CUDA_VISIBLE_DEVICES
  bool replace_mask = false;       // else the caller's own stays where `mask` says nothing
  std::filesystem::path standins;  // folder of the stand-in libraries
  bool preload_standins = false;
  std::vector<std::filesystem::path> preload;
  std::filesystem::path compute;  // the computing plugin; empty: operators do not compute
  std::filesystem::path description, record;  // files that the simulated runtime reads and writes
};
host::Environment AddHost(host::Environment environment, const Additions& additions);

// Puts a folder before all others of LD_LIBRARY_PATH.
void AddSearchFolder(const std::filesystem::path& folder, host::Environment& environment);

}  // namespace portcullis::live
