// Owns: what changed between two runs, case by case.
#pragma once

#include <string>
#include <vector>

#include "harness/report/read_results.h"

namespace portcullis::report {

enum class Change {
  kNewlyFailing,  // as expected before, or not there; not as expected or an error now
  kNewlyPassing,  // the other way round
  kOtherError,    // raises now as before, with another text
  kOtherOutcome,  // as expected before and now, by another expectation: loads now, raised before
  kNoLongerRun,   // there before, not there or skipped now
};
std::string ChangeName(Change change);  // "newly failing", …

struct Changed {
  Change change;
  std::string id;      // of the case
  std::string before;  // one line each; "" where the case was not there
  std::string after;
};

// Cases are told apart by id and runtime. In the order of Change, then of the new run.
std::vector<Changed> Compare(const ReadRun& before, const ReadRun& after);

bool AnyNewlyFailing(const std::vector<Changed>& changes);

}  // namespace portcullis::report
