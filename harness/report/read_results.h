// Owns: results.ndjson back into results, for the reports that are made from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/report/results_file.h"
#include "harness/verdict/result.h"

namespace portcullis::report {

// One case as a results file tells it. What the file does not hold, such as the scenario's rule,
// is left at its default.
struct ReadCase {
  verdict::Result result;
  std::string expectation;  // as text
};

struct ReadRun {
  RunFacts facts;
  bool complete = true;  // false after an interruption
  Totals totals;
  std::vector<ReadCase> cases;
};

// Reads a whole results file. Throws UsageError with file and line for what is none: a line that is
// no JSON, another schema, no footer.
ReadRun ReadResults(const std::filesystem::path& file);

}  // namespace portcullis::report
