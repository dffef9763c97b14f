// Owns: folders in the cache that are made once for one PyTorch and kept: stand-in libraries, the
// computing plugin, C++ loaders. What they were made from is in their name: when that changes,
// others are made.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/suite/installation.h"

namespace portcullis::live {

// `kind` names a folder of the cache; `from` are the files that decide what it becomes.
std::filesystem::path MadeFolder(const suite::Installation& installation, const std::string& kind,
                                 const std::string& version,
                                 const std::vector<std::filesystem::path>& from);

// Calls `make` with a folder beside `folder` and renames that, so that two commands may do so at
// once. Throws what `make` throws, and CannotRun.
void MakeOnce(const std::filesystem::path& folder,
              const std::function<void(const std::filesystem::path& half)>& make);

// The first of these programs that PATH has; "" if none.
std::string FirstProgram(const std::vector<std::string>& names,
                         const host::Environment& environment);

}  // namespace portcullis::live
