// Owns: kept results: what a run said, without times, addresses and whatever else differs from run
// to run, one file for each version of PyTorch. They are committed; the pages are made from them.
#pragma once

#include <filesystem>
#include <string>

#include "harness/report/read_results.h"

namespace portcullis::pages {

struct KeptFile {
  std::string name;  // "2.11.0.ndjson"
  std::string text;  // a results file (docs/RESULTS.md) that leaves out what says nothing
};

// One file for each version in the run, its cases by id and runtime. Throws Error (a finding) if
// the run is not whole or has a case that is not as expected: such results are not for keeping.
// Skipped cases are left out.
std::vector<KeptFile> KeptFiles(const report::ReadRun& run);

}  // namespace portcullis::pages
