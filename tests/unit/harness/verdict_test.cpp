// Verdicts: every way in which observation, expectation and prediction can differ is noticed.
#include "harness/verdict/verdict.h"

#include <gmock/gmock.h>

namespace portcullis::verdict {
namespace {

using checkpoints::Reference;
using portability::Prediction;
using scenario::Expectation;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Reference TwoTensors() {
  Reference reference;
  reference.format = "zip";
  reference.tensors = {{"a", "float32", {2}, "cuda:0", 8, "aa"},
                       {"b", "int64", {}, "cuda:1", 8, "bb"}};
  reference.storages = {{"cuda:0", 8}, {"cuda:1", 8}};
  return reference;
}

Observation LoadedOn(const std::string& first, const std::string& second) {
  Observation seen;
  seen.outcome = Outcome::kLoaded;
  seen.phase = "read-back";
  seen.tensors = {{"a", "float32", {2}, first, 8, "aa"}, {"b", "int64", {}, second, 8, "bb"}};
  seen.flight.devices.resize(2);
  return seen;
}

Observation Raised(const std::string& text, const std::string& phase) {
  Observation seen;
  seen.outcome = Outcome::kRaised;
  seen.phase = phase;
  seen.error_whole = text;
  seen.error_short = text;
  return seen;
}

Expectation Loads(const std::string& device) {
  Expectation expectation;
  expectation.loads = scenario::Devices{};
  if (device == "as-saved") {
    expectation.loads->as_saved = true;
  } else {
    expectation.loads->all = device;
  }
  return expectation;
}

Expectation Raises(const std::string& error, const std::string& phase) {
  Expectation expectation;
  expectation.raises = error;
  expectation.phase = phase;
  return expectation;
}

std::vector<std::string> Differences(const Expectation& expectation, const Observation& seen) {
  return Judge(expectation, TwoTensors(), std::nullopt, seen).differences;
}

TEST(Verdict, AWholeLoadInTheRightPlaceIsAsExpected) {
  const auto judged = Judge(Loads("cpu"), TwoTensors(), Prediction{}, LoadedOn("cpu", "cpu"));
  EXPECT_EQ(judged.verdict, Verdict::kAsExpected);
  EXPECT_THAT(judged.differences, IsEmpty());
  EXPECT_THAT(Differences(Loads("as-saved"), LoadedOn("cuda:0", "cuda:1")), IsEmpty());
  EXPECT_THAT(Differences(Loads("cuda"), LoadedOn("cuda:0", "cuda:0")), IsEmpty());
}

TEST(Verdict, WrongBytesAreNoticed) {
  Observation seen = LoadedOn("cpu", "cpu");
  seen.tensors[1].sha256 = "cc";
  EXPECT_THAT(Differences(Loads("cpu"), seen),
              ElementsAre(HasSubstr("tensor b: its bytes are wrong")));
}

TEST(Verdict, WithoutAReferenceOutcomeErrorAndPhaseAreCompared) {
  Reference unknown;
  unknown.format = "zip";
  unknown.unknown = "it does not load";
  const auto judge = [&](const Prediction& prediction, const Observation& seen) {
    return Judge(FromPrediction(prediction, unknown, {}), unknown, prediction, seen).differences;
  };
  EXPECT_THAT(judge({}, LoadedOn("cpu", "cpu")), IsEmpty());
  EXPECT_THAT(judge({}, Raised("no", "load")), ElementsAre(HasSubstr("predicted: loads")));
  Prediction raises;
  raises.loads = false;
  raises.error = "no-driver";
  raises.phase = "load";
  EXPECT_THAT(judge(raises, LoadedOn("cpu", "cpu")),
              ElementsAre(HasSubstr("predicted: raises no-driver in load")));
}

TEST(Verdict, OnMetaThereAreNoBytesToCompare) {
  Observation seen = LoadedOn("meta", "meta");
  seen.tensors[0].sha256.clear();
  seen.tensors[1].sha256.clear();
  EXPECT_THAT(Differences(Loads("meta"), seen), IsEmpty());
}

TEST(Verdict, TheWrongDeviceIsNoticed) {
  EXPECT_THAT(Differences(Loads("cpu"), LoadedOn("cpu", "cuda:1")),
              ElementsAre("tensor b: expected on cpu, observed on cuda:1"));
}

TEST(Verdict, MissingSurplusAndDoubledTensorsAreNoticed) {
  Observation seen = LoadedOn("cpu", "cpu");
  seen.tensors[1].name = "c";
  EXPECT_THAT(Differences(Loads("cpu"), seen),
              ElementsAre("tensor b: missing after the load", "tensor c: not in the checkpoint"));
  seen.tensors[1].name = "a";
  EXPECT_THAT(Differences(Loads("cpu"), seen),
              ElementsAre("tensor a: reported twice", "tensor b: missing after the load"));
}

TEST(Verdict, AnotherShapeIsNoticed) {
  Observation seen = LoadedOn("cpu", "cpu");
  seen.tensors[0].shape = {1, 2};
  EXPECT_THAT(Differences(Loads("cpu"), seen),
              ElementsAre("tensor a: expected float32 [2], observed float32 [1, 2]"));
}

TEST(Verdict, PartsMustUseEveryDevice) {
  Expectation parts;
  parts.loads = scenario::Devices{};
  parts.loads->any_of = {"cuda:0", "cuda:1"};
  EXPECT_THAT(Differences(parts, LoadedOn("cuda:0", "cuda:1")), IsEmpty());
  EXPECT_THAT(Differences(parts, LoadedOn("cuda:0", "cuda:0")),
              ElementsAre("expected tensors on cuda:1, observed none there"));
  EXPECT_THAT(Differences(parts, LoadedOn("cuda:0", "cpu")).front(), HasSubstr("observed on cpu"));
}

TEST(Verdict, BytesMovedAreCompared) {
  Expectation expectation = Loads("cpu");
  expectation.moved.host_to_device = scenario::ParseAmount("weights");
  expectation.moved.device_to_host = scenario::ParseAmount("weights:cuda:1");
  Observation seen = LoadedOn("cpu", "cpu");
  constexpr auto kLoad = static_cast<std::size_t>(simcuda::Phase::kLoad);
  constexpr auto kMove = static_cast<std::size_t>(simcuda::Phase::kMove);
  seen.flight.devices[0][kLoad].host_to_device_bytes = 8;
  seen.flight.devices[1][kLoad].host_to_device_bytes = 8;
  seen.flight.devices[1][kMove].device_to_host_bytes = 8;
  EXPECT_THAT(Differences(expectation, seen), IsEmpty());
  seen.flight.devices[1][kLoad].host_to_device_bytes = 0;
  EXPECT_THAT(Differences(expectation, seen),
              ElementsAre("expected weights (16 bytes) copied host→device, observed 8 bytes"));
}

TEST(Verdict, TheErrorsClassAndPhaseAreCompared) {
  const Observation seen = Raised("Found no NVIDIA driver on your system. Please check", "move");
  EXPECT_THAT(Differences(Raises("no-driver", "move"), seen), IsEmpty());
  EXPECT_THAT(Differences(Raises("no-driver", "load"), seen),
              ElementsAre("expected it to raise in load, observed in move"));
  EXPECT_THAT(Differences(Raises("no-gpus", "move"), seen),
              ElementsAre(HasSubstr("expected the error no-gpus")));
}

TEST(Verdict, LoadingWhereAnErrorIsExpectedIsNoticed) {
  EXPECT_THAT(Differences(Raises("no-driver", "load"), LoadedOn("cpu", "cpu")),
              ElementsAre("expected raises no-driver in load, observed loaded"));
}

TEST(Verdict, APredictionThatDiffersIsNotAsExpected) {
  Prediction wrong;
  wrong.loads = false;
  wrong.error = "no-driver";
  wrong.phase = "load";
  wrong.reason = "there is none";
  const auto judged = Judge(Loads("cpu"), TwoTensors(), wrong, LoadedOn("cpu", "cpu"));
  EXPECT_EQ(judged.verdict, Verdict::kNotAsExpected);
  EXPECT_THAT(judged.differences,
              ElementsAre("predicted: raises no-driver in load (there is none); observed loaded"));
}

TEST(Verdict, ACrashAndATimeOutAreNotAsExpected) {
  Observation seen;
  seen.outcome = Outcome::kCrashed;
  seen.signal = 11;
  const auto judged = Judge(Loads("cpu"), TwoTensors(), std::nullopt, seen);
  EXPECT_EQ(judged.verdict, Verdict::kNotAsExpected);
  EXPECT_THAT(judged.differences,
              ElementsAre("expected loads: cpu, observed crashed by signal 11"));
  seen.outcome = Outcome::kTimedOut;
  EXPECT_EQ(Judge(Loads("cpu"), TwoTensors(), std::nullopt, seen).verdict, Verdict::kNotAsExpected);
}

TEST(Verdict, TroubleWithTheMachineryIsAnError) {
  for (const Outcome outcome :
       {Outcome::kProtocolError, Outcome::kNotStarted, Outcome::kExited, Outcome::kStopped}) {
    Observation seen;
    seen.outcome = outcome;
    seen.trouble = "words";
    EXPECT_EQ(Judge(Loads("cpu"), TwoTensors(), std::nullopt, seen).verdict, Verdict::kError);
  }
}

TEST(Verdict, WithoutAStatedExpectationTheRulesAreHeldToTheLoad) {
  const auto strategy = portability::ParseStrategy("remap=cuda:1>cpu");
  const auto expectation = FromPrediction(Prediction{}, TwoTensors(), strategy);
  EXPECT_THAT(Differences(expectation, LoadedOn("cuda:0", "cpu")), IsEmpty());
  EXPECT_THAT(Differences(expectation, LoadedOn("cuda:0", "cuda:1")),
              ElementsAre("tensor b: expected on cpu, observed on cuda:1"));
}

}  // namespace
}  // namespace portcullis::verdict
