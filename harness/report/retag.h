// Owns: showing what retagging changes, or has changed.
#pragma once

#include <string>

#include "harness/report/terminal.h"
#include "harness/suite/retag.h"

namespace portcullis::report {

// Of each file that was read: the changes by member and device, what stays and why, and what to do
// next; then the pairs that match nothing. Errors are not in it.
std::string RetaggedText(const suite::RetaggedSet& set, const Style& style);

// A line of JSON for each file, with every change.
std::string RetaggedLines(const suite::RetaggedSet& set);

}  // namespace portcullis::report
