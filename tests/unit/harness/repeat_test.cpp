// A case that runs several times: the same each time, or a finding that says which runs differed.
#include "harness/suite/repeat.h"

#include <gmock/gmock.h>

namespace portcullis::suite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using verdict::Outcome;
using verdict::Result;
using verdict::Verdict;

Result Ran(Outcome outcome, const std::string& difference = "") {
  Result result;
  result.c.id = "s/a/h/python/as-saved";
  result.observation.outcome = outcome;
  result.judgement.verdict = difference.empty() ? Verdict::kAsExpected : Verdict::kNotAsExpected;
  if (!difference.empty()) result.judgement.differences = {difference};
  return result;
}

Result Repeat(std::vector<Result> results) {
  Repeated repeated;
  for (Result& result : results) repeated.Add(std::move(result));
  EXPECT_EQ(repeated.runs(), results.size());
  return repeated.Take();
}

TEST(Repeated, TheSameEachTimeIsTheFirst) {
  auto first = Ran(Outcome::kLoaded);
  auto second = first;
  first.observation.wall_seconds = 1;
  second.observation.wall_seconds = 2;
  second.observation.trouble = "a warning of process 4711";
  second.observation.again = "the warm loader ended";
  const Result result = Repeat({first, second});
  EXPECT_EQ(result.judgement.verdict, Verdict::kAsExpected);
  EXPECT_THAT(result.judgement.differences, IsEmpty());
  EXPECT_EQ(result.observation.wall_seconds, 1);
}

TEST(Repeated, AnotherOutcomeIsAFinding) {
  auto timed_out = Ran(Outcome::kTimedOut, "timed out, expected loads");
  const Result result =
      Repeat({Ran(Outcome::kLoaded), timed_out, Ran(Outcome::kLoaded), timed_out});
  EXPECT_EQ(result.judgement.verdict, Verdict::kNotAsExpected);
  EXPECT_THAT(
      result.judgement.differences,
      ElementsAre("4 runs went 2 ways", "runs 1 and 3: loaded, 0 bytes to, 0 from, 0 between GPUs",
                  "runs 2 and 4: timed out, 0 bytes to, 0 from, 0 between GPUs; timed out, "
                  "expected loads"));
}

TEST(Repeated, SoIsAnotherErrorAnotherExitOrOtherBytes) {
  auto raised = Ran(Outcome::kRaised);
  auto other_text = raised;
  other_text.observation.error_short = "no";
  auto other_phase = raised;
  other_phase.observation.phase = "move";
  auto exited = Ran(Outcome::kExited);
  exited.observation.exit_code = 1;
  auto exited_otherwise = exited;
  exited_otherwise.observation.exit_code = 2;
  auto moved = Ran(Outcome::kLoaded);
  moved.observation.flight.devices.resize(1);
  moved.observation.flight.devices[0][static_cast<std::size_t>(simcuda::Phase::kLoad)]
      .host_to_device_bytes = 1;
  for (const auto& [one, other] :
       {std::pair{raised, other_text}, std::pair{raised, other_phase},
        std::pair{exited, exited_otherwise}, std::pair{Ran(Outcome::kLoaded), moved}}) {
    EXPECT_EQ(Repeat({one, other}).judgement.verdict, Verdict::kNotAsExpected)
        << WhatHappened(one) << " / " << WhatHappened(other);
  }
}

TEST(Repeated, WhatWasNotAsExpectedEachTimeStaysSo) {
  const auto wrong = Ran(Outcome::kLoaded, "loaded, expected not");
  const Result result = Repeat({wrong, wrong});
  EXPECT_EQ(result.judgement.verdict, Verdict::kNotAsExpected);
  EXPECT_THAT(result.judgement.differences, ElementsAre("loaded, expected not"));
}

}  // namespace
}  // namespace portcullis::suite
