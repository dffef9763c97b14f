// Claims: the answer that follows from the cases, and evidence filled in from their counts.
#include "harness/verdict/claims.h"

#include <gmock/gmock.h>

#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::verdict {
namespace {

using scenario::Shows;
using testing::HasSubstr;
using testing::SizeIs;

Result Case(const std::string& id, Verdict verdict, Shows shows, const std::string& claim = "C1") {
  Result result;
  result.c.id = id;
  result.c.claim = claim;
  result.expectation.shows = shows;
  result.judgement.verdict = verdict;
  return result;
}

Result Good(Shows shows) { return Case("s/a", Verdict::kAsExpected, shows); }

const Claim kClaim{"C1", "it is so", "", {}};

struct Row {
  std::vector<Result> results;
  Answer answer;
};

TEST(Claims, TheAnswerFromTheCases) {
  const Result bad = Case("s/b", Verdict::kNotAsExpected, Shows::kConfirms);
  const Result error = Case("s/c", Verdict::kError, Shows::kConfirms);
  const Result skipped = Case("s/d", Verdict::kSkipped, Shows::kConfirms);
  const Result confirms = Good(Shows::kConfirms);
  const Result limits = Good(Shows::kLimits);
  const Result refutes = Good(Shows::kRefutes);
  const Result nothing = Good(Shows::kNothing);
  const std::vector<Row> rows{{{}, Answer::kNotRun},
                              {{nothing}, Answer::kNotRun},
                              {{skipped}, Answer::kNotRun},
                              {{confirms}, Answer::kConfirmed},
                              {{confirms, skipped, nothing}, Answer::kConfirmed},
                              {{confirms, limits}, Answer::kLimited},
                              {{limits}, Answer::kLimited},
                              {{confirms, limits, refutes}, Answer::kRefuted},
                              {{confirms, bad}, Answer::kOpen},
                              {{refutes, bad}, Answer::kOpen},
                              {{confirms, error}, Answer::kOpen}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(AnswerName(AnswerClaim(kClaim, rows[i].results).answer), AnswerName(rows[i].answer))
        << "row " << i;
  }
}

TEST(Claims, CasesOfOtherClaimsDoNotCount) {
  const std::vector<Result> results{
      Case("s/a", Verdict::kNotAsExpected, Shows::kConfirms, "C2"),
      Case("s/b", Verdict::kAsExpected, Shows::kRefutes, ""),
      Case("s/c", Verdict::kAsExpected, Shows::kConfirms, "C1"),
  };
  const auto answer = AnswerClaim(kClaim, results);
  EXPECT_EQ(answer.answer, Answer::kConfirmed);
  EXPECT_EQ(answer.confirming, 1);
  EXPECT_EQ(answer.unexpected + answer.refuting, 0);
}

TEST(Claims, OnlyThoseThatAResultSpokeTo) {
  ClaimAnswers answers({kClaim, {"C2", "", "", {}}, {"C3", "", "", {}}});
  answers.Add(Case("s/a", Verdict::kSkipped, Shows::kNothing, "C2"));
  EXPECT_THAT(answers.All(), SizeIs(3));
  ASSERT_THAT(answers.SpokenTo(), SizeIs(1));
  EXPECT_EQ(answers.SpokenTo().front().claim.id, "C2");
}

TEST(Claims, EachCaseIsCountedOnceByWhatItShows) {
  const std::vector<Result> results{Good(Shows::kConfirms),
                                    Good(Shows::kConfirms),
                                    Good(Shows::kLimits),
                                    Good(Shows::kRefutes),
                                    Good(Shows::kNothing),
                                    Case("s/b", Verdict::kNotAsExpected, Shows::kRefutes),
                                    Case("s/c", Verdict::kError, Shows::kLimits),
                                    Case("s/d", Verdict::kSkipped, Shows::kConfirms)};
  const auto answer = AnswerClaim(kClaim, results);
  EXPECT_EQ(answer.confirming, 2);
  EXPECT_EQ(answer.limiting, 1);
  EXPECT_EQ(answer.refuting, 1);
  EXPECT_EQ(answer.other, 1);
  EXPECT_EQ(answer.unexpected, 1);
  EXPECT_EQ(answer.errors, 1);
  EXPECT_EQ(answer.skipped, 1);
}

// A case that copied these amounts in load and move.
Result Counted(const std::string& id) {
  Result result = Case(id, Verdict::kAsExpected, Shows::kConfirms);
  result.observation.outcome = Outcome::kLoaded;
  result.observation.phase = "read-back";
  result.observation.flight.devices.resize(2);
  auto& load = result.observation.flight.devices[0][1];
  load.host_to_device_bytes = 1000;
  load.peak_bytes = 4096;
  load.kernels_launched = 3;
  auto& move = result.observation.flight.devices[1][2];
  move.host_to_device_bytes = 24;
  move.device_to_host_bytes = 7;
  move.device_to_device_bytes = 8;
  return result;
}

std::string Evidence(const std::string& text, const std::vector<Result>& results) {
  return AnswerClaim({"C1", "", text, {{"one", "s/one"}, {"two", "s/two"}}}, results).evidence;
}

TEST(Claims, EvidenceHoldsTheCountsOfTheCasesItNames) {
  const std::vector<Result> results{Counted("s/one")};
  EXPECT_EQ(Evidence("{one.host-to-device}, {one.device-to-host}; {one.device-to-device}", results),
            "1024, 7; 8");
  EXPECT_EQ(Evidence("{one.peak} {one.kernels} {one.phase} {one.outcome}.", results),
            "4096 3 read-back loaded.");
  EXPECT_EQ(Evidence("nothing to fill in", {}), "nothing to fill in");
}

TEST(Claims, NoEvidenceWithoutTheCase) {
  const std::vector<Result> results{Counted("s/one")};
  EXPECT_EQ(Evidence("{one.peak} and {two.peak}", results), "");
  Result failed = Counted("s/two");
  failed.judgement.verdict = Verdict::kNotAsExpected;
  EXPECT_EQ(Evidence("{two.peak}", {failed}), "");
}

TEST(Claims, NoEvidenceFromABadTemplate) {
  const std::vector<Result> results{Counted("s/one")};
  for (const char* text : {"{one.weight}", "{one}", "{three.peak}", "{one.peak", "{}"}) {
    EXPECT_EQ(Evidence(text, results), "") << text;
  }
}

std::vector<Claim> ClaimsOf(const std::string& text) {
  const Scratch scratch;
  return ReadClaims(scratch.Write("claims.yaml", text));
}

TEST(Claims, AreReadFromYaml) {
  const auto claims =
      ClaimsOf("claims:\n  - {id: C1, says: so, evidence: '{a.peak}', cases: {a: s/one}}\n");
  ASSERT_THAT(claims, SizeIs(1));
  EXPECT_EQ(claims[0].says, "so");
  EXPECT_EQ(claims[0].cases.at("a"), "s/one");
}

TEST(Claims, AMistakeIsToldWithItsPlace) {
  try {
    ClaimsOf("claims:\n  - {id: C1, says: so, evidance: '', cases: {}}\n");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("claims.yaml:2:"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'evidence'?"));
  }
}

}  // namespace
}  // namespace portcullis::verdict
