// Results go to disk: a long run takes no more memory than a short one, in the worst order too.
#include <gmock/gmock.h>

#include <fstream>

#include "harness/report/findings.h"
#include "harness/report/junit.h"
#include "harness/report/results_file.h"
#include "harness/scenario/case_list.h"
#include "harness/verdict/claims.h"
#include "tests/unit/harness/report_results.h"
#include "tests/unit/scratch.h"

namespace portcullis::report {
namespace {

std::size_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

TEST(Memory, TwentyThousandResultsOfSixtyMegabytesTakeTwelve) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what is freed";
#endif
  constexpr std::size_t kCases = 20'000;
  const Scratch scratch;
  const std::filesystem::path& folder = scratch.path();
  verdict::Result result = ResultOf("2xh200", "as-saved", verdict::Verdict::kNotAsExpected);
  result.observation.error_whole = std::string(3'000, 'e');
  result.judgement.differences = {"expected this, observed that"};
  RunFacts facts;
  facts.cases = kCases;

  const std::size_t before = ResidentKib();
  scenario::CaseList cases;
  for (std::size_t i = 0; i < kCases; ++i) {
    result.c.mask.value = std::to_string(i);
    cases.Add(result.c);
  }
  ResultsFile results(folder / "portcullis-memory.ndjson", facts);
  JUnitFile junit(folder / "portcullis-memory.xml", kCases);
  Findings findings([](const verdict::Result& r) { return r.c.id; }, Style(false, false, 80));
  verdict::ClaimAnswers claims({});
  for (std::size_t i = kCases; i > 0; --i) {  // the last first: all but one wait
    result.c = cases.At(i - 1);
    results.Add(i - 1, result);
    junit.Add(i - 1, result);
    findings.Add(i - 1, result);
    claims.Add(result);
  }
  const std::size_t after = ResidentKib();
  results.Finish({}, true);
  EXPECT_GT(std::filesystem::file_size(folder / "portcullis-memory.ndjson"), 60'000'000U);
  EXPECT_LT(after - before, 12'000U) << "KiB";
}

}  // namespace
}  // namespace portcullis::report
