// Owns: one case, found by its id, and run by itself.
#pragma once

#include <string>
#include <vector>

#include "harness/verdict/result.h"
#include "src/cli/world.h"

namespace portcullis::cli {

// The one case of that id, or whose id is the only one to contain the text, among those of scenario
// files or folders (all, if `where` is empty). Throws UsageError; `neither` says what the text is
// not, as "a flight record nor a case".
scenario::Case FindCase(const World& world, const std::vector<std::string>& where,
                        const std::string& what, const std::string& neither);

// Runs it in a process of its own; the observation has every call of the CUDA runtime. Makes its
// checkpoint if that is missing. Throws CannotRun if it is skipped or interrupted.
verdict::Result RunOne(const World& world, const scenario::Case& c);

}  // namespace portcullis::cli
