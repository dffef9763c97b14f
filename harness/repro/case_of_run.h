// Owns: a case of a run as something to reproduce: found in its results, and told.
#pragma once

#include <string>

#include "harness/report/read_results.h"
#include "harness/report/terminal.h"
#include "harness/verdict/result.h"

namespace portcullis::repro {

// The case of that id, or the only one whose id contains the text. Throws UsageError if none or
// several do.
const verdict::Result& CaseOfRun(const report::ReadRun& run, const std::string& what);

// What the case was, what came of it, and the command that runs it again.
std::string TellCase(const verdict::Result& result, const report::Style& style);

}  // namespace portcullis::repro
