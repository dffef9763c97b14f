// Scenarios: how a matrix expands, which rule a case meets, and what is said of a wrong file.
#include "harness/scenario/scenario.h"

#include <gmock/gmock.h>

#include "src/base/error.h"

namespace portcullis::scenario {
namespace {

const KnownNames kKnown{{"a", "b"}, {"1xh200", "2xh200", "no-driver"}, {"python", "cpp"}};

constexpr const char* kGood = R"(
claim: C2
why: because
matrix:
  checkpoint: [a, b]
  host: [no-driver, 2xh200@1, 2xh200@empty]
  runtime: python
  strategy: [as-saved, map-location=cpu]
expect:
  - {strategy: map-location=cpu, loads: cpu, moved: {host-to-device: 0}, shows: confirms}
  - {checkpoint: a, raises: no-driver, in: load}
  - {raises: no-gpus}
)";

std::vector<Case> Read(const std::string& text, const KnownNames& known = kKnown) {
  CaseList cases;
  ReadScenario(YamlValue::Parse(text, "s.yaml"), "s", known, cases);
  return {cases.begin(), cases.end()};
}

std::string ErrorOf(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  try {
    Read(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Scenario, TheMatrixExpandsWithTheStrategyVaryingFastest) {
  const auto cases = Read(kGood);
  ASSERT_EQ(cases.size(), 12U);
  EXPECT_EQ(cases[0].id, "s/a/no-driver/python/as-saved");
  EXPECT_EQ(cases[1].id, "s/a/no-driver/python/map-location=cpu");
  EXPECT_EQ(cases[4].id, "s/a/2xh200@empty/python/as-saved");
  EXPECT_EQ(cases[6].id, "s/b/no-driver/python/as-saved");
  EXPECT_EQ(cases[0].claim, "C2");
}

TEST(Scenario, TwoFilesOfOneNameMayNotHaveTheSameCase) {
  CaseList cases;
  ReadScenario(YamlValue::Parse(kGood, "one/s.yaml"), "s", kKnown, cases);
  try {
    ReadScenario(YamlValue::Parse(kGood, "two/s.yaml"), "s", kKnown, cases);
    ADD_FAILURE();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("two/s.yaml:"),
                                             testing::HasSubstr("stands in another file too")));
  }
}

TEST(CaseList, PutsEveryCaseTogetherAgain) {
  const auto cases = Read(kGood);
  const CaseList list(cases);
  ASSERT_EQ(list.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case c = list.At(i);
    EXPECT_EQ(c.id, cases[i].id);
    EXPECT_EQ(c.scenario, cases[i].scenario);
    EXPECT_EQ(c.claim, cases[i].claim);
    EXPECT_EQ(c.why, cases[i].why);
    EXPECT_EQ(c.host, cases[i].host);
    EXPECT_EQ(c.mask, cases[i].mask);
    EXPECT_EQ(c.expectation->where, cases[i].expectation->where);
    EXPECT_EQ(c.expectation->Text(), cases[i].expectation->Text());
    EXPECT_EQ(list.Find(c.id), i);
  }
  EXPECT_EQ(list.Find("no/such/case"), std::nullopt);
}

TEST(CaseList, MasksThatReadAlikeStayApart) {
  std::vector<Case> cases(4);
  cases[1].mask.value = "";
  cases[2].mask.value = "unset";
  cases[3].mask.value = "empty";
  const CaseList list(cases);
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(list.At(i).mask, cases[i].mask);
}

TEST(Scenario, TheFirstRuleThatFitsCounts) {
  const auto cases = Read(kGood);
  EXPECT_TRUE(cases[1].expectation->loads.has_value());
  EXPECT_EQ(cases[1].expectation->moved.host_to_device->times, 0U);
  EXPECT_EQ(cases[0].expectation->raises, "no-driver");
  EXPECT_EQ(cases[6].expectation->raises, "no-gpus");
  EXPECT_EQ(cases[6].expectation->phase, "load");
}

TEST(Scenario, UnsetAndEmptyMasksAreTwoThings) {
  const auto cases = Read(kGood);
  EXPECT_FALSE(cases[0].mask.value.has_value());
  EXPECT_EQ(cases[2].mask.value, "1");
  EXPECT_EQ(cases[4].mask.value, "");
}

TEST(Scenario, ACaseWithoutARuleIsAnError) {
  EXPECT_EQ(ErrorOf(kGood, "  - {raises: no-gpus}\n", ""),
            "s.yaml:10:3: no rule fits the case s/b/no-driver/python/as-saved");
}

TEST(Scenario, ARuleWithoutACaseIsAnError) {
  EXPECT_EQ(ErrorOf(kGood, "checkpoint: a, raises", "runtime: cpp, raises"),
            "s.yaml:11:5: this rule fits no case of the matrix");
}

TEST(Scenario, ARuleOfAnotherVersionMeetsItsCasesAndLeavesThemToTheNext) {
  std::string text = kGood;
  text.replace(text.find("expect:\n"), 8, "expect:\n  - {torch: \"<2.8\", raises: no-gpus}\n");
  for (const auto* version : {"2.6.0", "2.11.0"}) {
    KnownNames known = kKnown;
    known.versions["python"] = *portability::ParseTorchVersion(version);
    const auto cases = Read(text, known);
    EXPECT_EQ(cases[1].expectation->loads.has_value(), std::string(version) == "2.11.0");
  }
  text.replace(text.find("expect:\n"), 8, "expect:\n  - {raises: no-gpus}\n");
  EXPECT_THAT(ErrorOf(text, "why", "why"), testing::HasSubstr("this rule fits no case"));
}

TEST(Scenario, UnknownNamesGetPlaceAndNearest) {
  EXPECT_THAT(
      ErrorOf(kGood, "[no-driver, ", "[no-drivr, "),
      testing::StartsWith("s.yaml:6:10: unknown host 'no-drivr'; did you mean 'no-driver'?"));
  EXPECT_THAT(ErrorOf(kGood, "runtime: python", "runtime: pyton"),
              testing::StartsWith("s.yaml:7:12: unknown runtime 'pyton'; did you mean 'python'?"));
  EXPECT_THAT(ErrorOf(kGood, "raises: no-gpus", "raises: no-gpu"),
              testing::HasSubstr("unknown error class 'no-gpu'; did you mean 'no-gpus'?"));
  EXPECT_THAT(
      ErrorOf(kGood, "[as-saved, ", "[as-savd, "),
      testing::StartsWith("s.yaml:8:14: unknown strategy 'as-savd'; did you mean 'as-saved'?"));
  EXPECT_THAT(ErrorOf(kGood, "matrix:", "matirx:"),
              testing::StartsWith("s.yaml:4:1: unknown key 'matirx'; did you mean 'matrix'?"));
}

TEST(Scenario, ARuleSaysOneThing) {
  EXPECT_THAT(ErrorOf(kGood, "loads: cpu,", "loads: cpu, raises: no-gpus,"),
              testing::StartsWith("s.yaml:10:5: a rule says one outcome: what 'loads'"));
  EXPECT_THAT(ErrorOf(kGood, "in: load}", "in: start}"),
              testing::StartsWith("s.yaml:11:44: found 'start', expected load, move or use"));
  EXPECT_THAT(ErrorOf(kGood, "host-to-device: 0", "host-to-device: -1"),
              testing::HasSubstr("found '-1', expected bytes, weights, tensors"));
}

TEST(Scenario, AmountsReadAsTheyAreWritten) {
  for (const char* text :
       {"0", "1048576", "weights", "tensors", "2*weights", "weights:cuda:1", "2*tensors:cpu"}) {
    const auto amount = ParseAmount(text);
    ASSERT_TRUE(amount.has_value()) << text;
    EXPECT_EQ(amount->Text(), text);
  }
  for (const char* text : {"", "-1", "weight", "0*weights", "weights:", "weights:gpu", "1.5"}) {
    EXPECT_FALSE(ParseAmount(text).has_value()) << text;
  }
}

TEST(Scenario, TheSameCaseTwiceIsAnError) {
  EXPECT_EQ(ErrorOf(kGood, "[a, b]", "[a, a]"),
            "s.yaml:5:3: the case s/a/no-driver/python/as-saved stands twice");
}

TEST(Scenario, AHostWithNothingBehindTheAtIsRefused) {
  EXPECT_THROW(ParseHostAndMask("2xh200@"), UsageError);
  EXPECT_EQ(ParseHostAndMask("2xh200@empty").second.value, "");
  EXPECT_EQ(ParseHostAndMask("2xh200@0,1").second.value, "0,1");
  EXPECT_FALSE(ParseHostAndMask("2xh200").second.value.has_value());
}

}  // namespace
}  // namespace portcullis::scenario
