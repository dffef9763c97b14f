// Owns: which stand-in libraries a command gets: those built for a runtime, or some made for its
// own PyTorch, which may be any.
//
// The simulated runtime itself is one for each CUDA major. The inert libraries beside it must
// export what one PyTorch imports, so those for a PyTorch that Portcullis was not built with are
// made from that PyTorch's own files (src/simcuda/generate/inert.py, the C compiler) and kept.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/live/target.h"
#include "harness/suite/installation.h"

namespace portcullis::live {

// The family of stand-ins that travelled along with an installed Portcullis (installed.h).
inline constexpr const char* kTravelled = "standins";

struct Standins {
  std::filesystem::path folder;
  int cuda = 0;          // major
  bool preload = false;  // the command would else find NVIDIA's libraries first
  std::string about;     // "CUDA 13, made for PyTorch 2.9.1+cu130 in /…/torch"
};

// `cuda` is a major that the user asks for, 0 for none. `say` gets a line when something takes
// long. Throws CannotRun if no runtime of that CUDA was built, or the libraries cannot be made.
Standins ChooseStandins(const Target& target, int cuda, const std::vector<host::Runtime>& runtimes,
                        const suite::Installation& installation,
                        const host::Environment& environment,
                        const std::function<void(const std::string&)>& say);

}  // namespace portcullis::live
