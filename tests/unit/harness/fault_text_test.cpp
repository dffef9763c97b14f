#include "harness/host/fault_text.h"

#include <gmock/gmock.h>

#include <csignal>

#include "src/base/error.h"

namespace portcullis::host {
namespace {

using simcuda::FaultAction;
using simcuda::FaultDevice;
using simcuda::FaultPoint;
using simcuda::FaultRule;
using simcuda::kForEver;
using testing::HasSubstr;

TEST(FaultText, SaysWhatWhereAndWhen) {
  const FaultRule rule = ParseFault("oom@malloc:2/cuda:1");
  EXPECT_EQ(rule.action, FaultAction::kError);
  EXPECT_EQ(rule.value, 2);
  EXPECT_EQ(rule.point, FaultPoint::kMalloc);
  EXPECT_EQ(rule.first, 2U);
  EXPECT_EQ(rule.last, 2U);
  EXPECT_EQ(rule.device_is, FaultDevice::kOrdinal);
  EXPECT_EQ(rule.device, 1);
  EXPECT_STREQ(rule.text, "oom@malloc:2/cuda:1");
}

TEST(FaultText, WithoutAnythingElseStrikesEveryCall) {
  const FaultRule rule = ParseFault("hang@sync");
  EXPECT_EQ(rule.first, 1U);
  EXPECT_EQ(rule.last, kForEver);
  EXPECT_EQ(rule.after_bytes, 0U);
  EXPECT_EQ(rule.probability, 1);
  EXPECT_EQ(rule.device_is, FaultDevice::kAny);
}

struct What {
  const char* text;
  FaultAction action;
  std::int64_t value;
};
class Whats : public testing::TestWithParam<What> {};
TEST_P(Whats, AreRead) {
  const FaultRule rule = ParseFault(std::string(GetParam().text) + "@copy");
  EXPECT_EQ(rule.action, GetParam().action);
  EXPECT_EQ(rule.value, GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(All, Whats,
                         testing::Values(What{"illegal-address", FaultAction::kError, 700},
                                         What{"cudaErrorIllegalAddress", FaultAction::kError, 700},
                                         What{"ecc-uncorrectable", FaultAction::kError, 214},
                                         What{"ecc", FaultAction::kError, 214},
                                         What{"busy", FaultAction::kError, 46},
                                         What{"delay=200ms", FaultAction::kDelay, 200'000'000},
                                         What{"delay=5us", FaultAction::kDelay, 5'000},
                                         What{"delay=2s", FaultAction::kDelay, 2'000'000'000},
                                         What{"kill", FaultAction::kSignal, SIGKILL},
                                         What{"segv", FaultAction::kSignal, SIGSEGV},
                                         What{"flip", FaultAction::kFlip, -1},
                                         What{"flip=17", FaultAction::kFlip, 17},
                                         What{"short", FaultAction::kShort, -1},
                                         What{"short=4KiB", FaultAction::kShort, 4096}));

TEST(FaultText, OnlyIsForMalloc) {
  EXPECT_EQ(ParseFault("only=8GiB@malloc").value, std::int64_t{8} << 30);
}

TEST(FaultText, ReadsEveryCondition) {
  const FaultRule rule = ParseFault("oom@malloc:3-5,after=4MiB,p=0.25,seed=7/gpu:2");
  EXPECT_EQ(rule.first, 3U);
  EXPECT_EQ(rule.last, 5U);
  EXPECT_EQ(rule.after_bytes, 4U << 20);
  EXPECT_EQ(rule.probability, 0.25);
  EXPECT_EQ(rule.seed, 7U);
  EXPECT_EQ(rule.device_is, FaultDevice::kPhysical);
  EXPECT_EQ(rule.device, 2);
  EXPECT_EQ(ParseFault("oom@malloc:3+").last, kForEver);
}

TEST(FaultText, NamesOperatorsAndEntryPoints) {
  const FaultRule rule = ParseFault("illegal-address@aten::add.Tensor:2");
  EXPECT_EQ(rule.point, FaultPoint::kOperator);
  EXPECT_STREQ(rule.name, "aten::add.Tensor");
  EXPECT_EQ(rule.first, 2U);
  EXPECT_EQ(ParseFault("unknown@cudaMemGetInfo").point, FaultPoint::kEntryPoint);
}

struct Mistake {
  const char* text;
  const char* told;
};
class Mistakes : public testing::TestWithParam<Mistake> {};
TEST_P(Mistakes, AreTold) {
  try {
    ParseFault(GetParam().text);
    FAIL() << GetParam().text << " was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(std::string("fault '") + GetParam().text + "': "));
    EXPECT_THAT(error.what(), HasSubstr(GetParam().told));
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, Mistakes,
    testing::Values(Mistake{"oom", "found no '@', expected WHAT@WHERE, such as oom@malloc:2"},
                    Mistake{"oon@malloc", "unknown error or action 'oon'; did you mean 'oom'?"},
                    Mistake{"ilegal-address@sync", "did you mean 'illegal-address'?"},
                    Mistake{"success@malloc", "unknown error or action 'success'"},
                    Mistake{"oom@maloc", "unknown place 'maloc'; did you mean 'malloc'?"},
                    Mistake{"oom@cudaMaloc", "did you mean 'cudaMalloc'?"},
                    Mistake{"oom@", "unknown place ''"},
                    Mistake{"oom@malloc:0",
                            "found '0', expected the number of a call from 1 on: 3, 3+ or 3-5"},
                    Mistake{"oom@malloc:5-3", "found '5-3', expected the number of a call"},
                    Mistake{"oom@malloc:2x", "expected the number of a call"},
                    Mistake{"oom@malloc:2+1", "expected the number of a call"},
                    Mistake{"oom@malloc:sed=7", "unknown condition 'sed'; did you mean 'seed'?"},
                    Mistake{"oom@malloc:after=4 MB", "found '4 MB', expected bytes behind after="},
                    Mistake{"oom@malloc:p=1.5", "found '1.5', expected a probability"},
                    Mistake{"oom@malloc:p=nan", "expected a probability"},
                    Mistake{"oom@malloc/cpu", "expected cuda:N as the program counts"},
                    Mistake{"oom@malloc/cuda:", "expected the number of a device"},
                    Mistake{"oom@malloc/cuda:64", "expected a device below 64"},
                    Mistake{"delay@sync", "found 'delay', expected delay= and a time like 200ms"},
                    Mistake{"delay=9@sync", "found '9', expected a time like 200ms"},
                    Mistake{"delay=99999999999999999999s@sync", "expected a time like 200ms"},
                    Mistake{"hang=3@sync", "found 'hang=3', expected hang alone"},
                    Mistake{"flip@malloc", "flip and short are for copies"},
                    Mistake{"only=1@h2d", "only is for malloc"}));

TEST(FaultText, TooLongIsTold) {
  EXPECT_NO_THROW(ParseFault("oom@aten::" + std::string(57, 'x')));
  EXPECT_THROW(ParseFault("oom@aten::" + std::string(58, 'x')), UsageError);
  EXPECT_THROW(ParseFault("oom@malloc:" + std::string(200, '1')), UsageError);
}

}  // namespace
}  // namespace portcullis::host
