// Owns: JUnit XML of a run, for the many tools that show it. One test suite a scenario.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "harness/verdict/result.h"

namespace portcullis::report {

// The whole document. Not as expected is a failure, an error an error, a skip a skip.
std::string JUnit(std::span<const verdict::Result> results);

// Writes it beside the final name and renames. Throws CannotRun when the system refuses.
void WriteJUnit(const std::filesystem::path& file, std::span<const verdict::Result> results);

}  // namespace portcullis::report
