// Owns: what an installed Portcullis makes with a C++ compiler the first time that it is wanted for
// a PyTorch: the computing plugin, and the C++ loaders and maker (first_use.py has the how).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/live/target.h"
#include "harness/suite/installation.h"

namespace portcullis::live {

// The sources travelled along; in a build tree the build makes all of this.
bool HasSources(const suite::Installation& installation);

// The plugin for that PyTorch, made if it is not in the cache: some 15 s. `standins`: the folder
// with the simulated runtime of its CUDA. `say` gets a line then. Throws CannotRun with what is
// missing: a compiler, headers.
std::filesystem::path ComputePlugin(const Target& target, const std::filesystem::path& standins,
                                    const suite::Installation& installation,
                                    const std::function<void(const std::string&)>& say);

// The C++ runtimes of the PyTorch that `python` loads with, made if they are not in the cache: some
// 40 s on one core. Throws as above.
std::vector<host::Runtime> CppRuntimes(const host::Runtime& python,
                                       const suite::Installation& installation,
                                       const std::function<void(const std::string&)>& say);

}  // namespace portcullis::live
