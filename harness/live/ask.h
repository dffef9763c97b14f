// Owns: short questions to other programs (a Python, ldd), in the surroundings that the user's
// command will have.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"

namespace portcullis::live {

// This process's own environment.
host::Environment OwnEnvironment();

// How a program that was asked something ended.
struct Told {
  bool well = false;   // it ran and ended with 0
  std::string output;  // standard output
  std::string errors;  // standard error, or why it did not start
};
// `argv[0]` is a path. Takes at most `seconds`.
Told Ask(const std::vector<std::string>& argv, const host::Environment& environment,
         int seconds = 30);

// The executable file that a shell would run for `name`: itself if it holds a slash, else the first
// in the PATH of `environment`. Nothing if there is none.
std::optional<std::filesystem::path> FindProgram(const std::string& name,
                                                 const host::Environment& environment);

}  // namespace portcullis::live
