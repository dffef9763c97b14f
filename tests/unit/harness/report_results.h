// Owns: results made up for the tests of the reports.
#pragma once

#include <string>

#include "harness/verdict/result.h"

namespace portcullis::report {

inline verdict::Result ResultOf(const std::string& host, const std::string& strategy,
                                verdict::Verdict verdict = verdict::Verdict::kAsExpected) {
  verdict::Result result;
  result.c.scenario = "s";
  result.c.checkpoint = "a";
  result.c.runtime = "python";
  std::tie(result.c.host, result.c.mask) = scenario::ParseHostAndMask(host);
  result.c.strategy = portability::ParseStrategy(strategy);
  result.c.id = scenario::CaseId(result.c);
  result.runtime_id = "python-2.11.0";
  result.observation.outcome = verdict::Outcome::kLoaded;
  result.judgement.verdict = verdict;
  return result;
}

}  // namespace portcullis::report
