// What is found in a checkpoint, which files are asked, and in which order answers come.
#include "harness/suite/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "harness/suite/check_files.h"
#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::suite {
namespace {

using checkpoint::DeviceMap;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Forecast Fails(const std::string& host, const std::string& strategy) {
  Forecast forecast{host, "python", strategy, {}};
  forecast.prediction.loads = false;
  forecast.prediction.error = "no-driver";
  forecast.prediction.phase = "load";
  forecast.prediction.reason = "no driver";
  forecast.prediction.remedy = "portcullis retag FILE --to cpu";
  return forecast;
}

std::vector<std::string> RulesOf(const std::vector<Finding>& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.emplace_back(finding.rule->id);
  return rules;
}

DeviceMap Map() {
  DeviceMap map;
  map.path = "my model.pt";
  map.storages.push_back({"0", "cuda:0", "float32", 8});
  return map;
}

TEST(Findings, AFailureOnSeveralHostsIsOneWithTheFileInItsRemedy) {
  const auto findings = FindingsOf(
      Map(), 0, {Fails("a", "as-saved"), Fails("b", "as-saved"), Fails("a", "mmap")}, {});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].text, "as-saved on a, b, python: raises no-driver in load: no driver");
  EXPECT_EQ(findings[0].remedy, "portcullis retag 'my model.pt' --to cpu");
  EXPECT_EQ(findings[1].text, "mmap on a, python: raises no-driver in load: no driver");
}

TEST(Findings, WhatNoWayFitsIsNotJudged) {
  Forecast none = Fails("a", "mmap");
  none.prediction.supported = false;
  EXPECT_THAT(RulesOf(FindingsOf(Map(), 0, {none}, {})), ElementsAre("not-judged"));
  EXPECT_THAT(RulesOf(FindingsOf(Map(), 0, {none, Forecast{"a", "python", "as-saved", {}}}, {})),
              IsEmpty());
}

TEST(Findings, OfLimits) {
  Policy policy;
  policy.most_bytes = 100;
  policy.most_tensors = 0;
  DeviceMap map = Map();
  map.tensors.emplace_back();
  EXPECT_THAT(RulesOf(FindingsOf(map, 100, {}, policy)), ElementsAre("too-large"));
  EXPECT_THAT(RulesOf(FindingsOf(map, 101, {}, policy)), ElementsAre("too-large", "too-large"));
}

TEST(Findings, OfGlobalsDevicesAndWarnings) {
  DeviceMap map = Map();
  map.globals = {{"torch._utils._rebuild_tensor_v2", {}}, {"my.Net", {}}};
  map.tags.push_back({checkpoint::Place::kStorageTag, "cuda:0", "data.pkl", 1, "0", ""});
  map.tags.push_back({checkpoint::Place::kDeviceObject, "cuda:1", "data.pkl", 1, "", "config.at"});
  map.tags.push_back({checkpoint::Place::kDeviceObject, "cuda:1", "data.pkl", 9, "", "again"});
  map.tags.push_back({checkpoint::Place::kDeviceObject, "cpu", "data.pkl", 9, "", "harmless"});
  map.tags.push_back({checkpoint::Place::kLookalike, "cuda:2", "data.pkl", 9, "", "text"});
  map.warnings = {{"deflated", checkpoint::Concern::kDeflated},
                  {"compiled", checkpoint::Concern::kCompiled},
                  {"twice", checkpoint::Concern::kOther}};
  const auto findings = FindingsOf(map, 0, {}, {});
  EXPECT_THAT(RulesOf(findings), ElementsAre("refused-globals", "device-in-data", "deflated",
                                             "bound-to-architecture", "odd"));
  EXPECT_EQ(findings[0].text, "weights_only=True refuses my.Net");
  EXPECT_EQ(findings[1].text,
            "a device object names cuda:1 (config.at): no map_location reaches it");
  Checked checked;
  checked.findings = findings;
  EXPECT_TRUE(checked.Passes());  // warnings do not fail
}

// torch.uint16 is accepted since 2.6: torch/_weights_only_unpickler.py of 2.5.1 and 2.6.0.
TEST(Findings, GlobalsAreRefusedByVersion) {
  DeviceMap map = Map();
  map.globals = {{"torch.uint16", {}}, {"torch._utils._rebuild_tensor_v2", {}}};
  EXPECT_THAT(FindingsOf(map, 0, {}, {}), IsEmpty());
  const portability::TorchVersion old{{2, 5, 1}};
  const portability::TorchVersion older{{2, 5, 0}};
  const auto some = FindingsOf(map, 0, {}, {}, {old, portability::kDefaultTorch, older});
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].text, "weights_only=True of PyTorch 2.5.1, 2.5.0 refuses torch.uint16");
  map.globals.push_back({"my.Net", {}});
  const auto all = FindingsOf(map, 0, {}, {}, {old, portability::kDefaultTorch});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text, "weights_only=True of PyTorch 2.11.0 refuses my.Net");
  EXPECT_EQ(all[1].text, "weights_only=True of PyTorch 2.5.1 refuses torch.uint16, my.Net");
}

TEST(Findings, GlobalsAreNamedAsCodeNamesThem) {
  DeviceMap map = Map();
  map.globals = {{"__builtin__.frozenset", {}}, {"__main__.Net", {}}, {"my.Net", {}}};
  const auto findings = FindingsOf(map, 0, {}, {});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, testing::StartsWith("torch.serialization.add_safe_globals("
                                                      "[frozenset,Net,my.Net]), or"));
}

TEST(Checked, PassesIfItsErrorsAreAllowed) {
  Checked checked;
  checked.findings = FindingsOf(Map(), 0, {Fails("a", "as-saved")}, {});
  EXPECT_FALSE(checked.Passes());
  checked.allowed = true;
  EXPECT_TRUE(checked.Passes());
}

TEST(Question, CommandLineBeforePolicyBeforeDefault) {
  Policy policy;
  policy.hosts = {"1xt4"};
  const Question none = Complete({}, {});
  EXPECT_THAT(none.hosts, ElementsAre("no-driver"));
  EXPECT_THAT(none.runtimes, ElementsAre("python"));
  EXPECT_THAT(none.strategies, ElementsAre("as-saved"));
  EXPECT_THAT(Complete({}, policy).hosts, ElementsAre("1xt4"));
  EXPECT_THAT(Complete({{"2xt4"}, {}, {}, false}, policy).hosts, ElementsAre("2xt4"));
}

TEST(Question, ARuntimeMayNameItsVersion) {
  for (const char* name : {"python", "python-2.6.0", "cpp-2.11.0-cpu", "cpp-cpu", "python-1.13"}) {
    EXPECT_NO_THROW(CheckRuntimeName(name)) << name;
  }
  for (const char* name : {"", "2.6.0", "pyton-2.6.0", "python-", "python-2", "python-1.12.1",
                           "python-2.6.0-gpu", "python2.6.0", "python-2.6.0.1.2-"}) {
    EXPECT_THROW(CheckRuntimeName(name), UsageError) << name;
  }
}

TEST(Question, CommasSplitNamesButNotArguments) {
  EXPECT_THAT(SplitNames({"a,b", "c"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(
      SplitStrategies({"as-saved,parts=cuda:0,cuda:1,mmap", "remap=cuda:1>cuda:0,cuda:0>cpu"}),
      ElementsAre("as-saved", "parts=cuda:0,cuda:1", "mmap", "remap=cuda:1>cuda:0,cuda:0>cpu"));
  EXPECT_THAT(SplitStrategies({"as-saved,mapp"}), ElementsAre("as-saved", "mapp"));
}

TEST(Checker, ChangesAreAllowedByThePolicy) {
  const host::HostLibrary hosts(PORTCULLIS_HOSTS);
  const std::string module = std::string(PORTCULLIS_GOLDEN) + "/zip-module.pt";
  Policy policy;
  EXPECT_EQ(Checker({}, policy, hosts).Check(module).forecasts.at(0).prediction.error,
            "weights-only");
  policy.allowed_globals = {"torch.nn.*"};
  EXPECT_EQ(Checker({}, policy, hosts).Check(module).forecasts.at(0).prediction.error,
            "deserialize-no-cuda");
}

// PyTorch 2.5.1 of CUDA 12 takes the older driver that 2.11 of CUDA 13 refuses.
TEST(Checker, AnswersByVersion) {
  const host::HostLibrary hosts(PORTCULLIS_HOSTS);
  Question question;
  question.hosts = {"old-driver"};
  question.runtimes = {"python-2.5.1", "python"};
  const Checker checker(question, {}, hosts);
  const auto forecasts = checker.Check(std::string(PORTCULLIS_GOLDEN) + "/zip-cuda0.pt").forecasts;
  ASSERT_EQ(forecasts.size(), 2U);
  EXPECT_TRUE(forecasts[0].prediction.loads);
  EXPECT_FALSE(forecasts[1].prediction.loads);
}

class FilesTest : public testing::Test {
 protected:
  std::vector<std::string> Files(const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const FileAsked& file : FilesOf(arguments)) {
      names.push_back(file.path.lexically_relative(scratch_.path()).string() +
                      (file.named ? " (named)" : ""));
    }
    return names;
  }
  std::string At(const std::string& name) { return scratch_.path() / name; }
  Scratch scratch_;
};

TEST_F(FilesTest, OfFoldersInOrderAndOnce) {
  for (const char* name : {"b.pt", "a/x.pt", "a/.git/y.pt", "c/.metadata", "c/__0_0.distcp"}) {
    scratch_.Write(name, "x");
  }
  EXPECT_THAT(Files({At("")}), ElementsAre("a/x.pt", "b.pt", "c/.metadata"));
  EXPECT_THAT(Files({At("b.pt"), At("")}), ElementsAre("b.pt (named)", "a/x.pt", "c/.metadata"));
  EXPECT_THAT(Files({At("c")}), ElementsAre("c (named)"));
  EXPECT_THAT(Files({At("gone.pt")}), ElementsAre("gone.pt (named)"));
}

TEST_F(FilesTest, OfPatterns) {
  for (const char* name : {"b.pt", "a/x.pt", "a/b/z.pt", "a/n.txt"}) scratch_.Write(name, "x");
  EXPECT_THAT(Files({At("**/*.pt")}), ElementsAre("a/b/z.pt", "a/x.pt", "b.pt"));
  EXPECT_THAT(Files({At("a/*.pt")}), ElementsAre("a/x.pt"));
  scratch_.Write("odd[1].pt", "x");
  EXPECT_THAT(Files({At("odd[1].pt")}), ElementsAre("odd[1].pt (named)"));
  EXPECT_THROW(Files({At("*.onnx")}), UsageError);
}

TEST(InOrder, WhateverTheThreads) {
  for (const unsigned jobs : {1U, 2U, 7U}) {
    std::vector<std::string> seen;
    CheckInOrder(
        1000, jobs,
        [](std::size_t i) {
          Checked checked;
          checked.file = std::to_string(i);
          return checked;
        },
        [&](const Checked& checked) { seen.push_back(checked.file); });
    ASSERT_EQ(seen.size(), 1000U);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], std::to_string(i));
  }
}

TEST(InOrder, AnExceptionEndsIt) {
  std::atomic<int> checked = 0;
  const auto check = [&](std::size_t i) -> Checked {
    ++checked;
    if (i == 5) throw CannotRun("five");
    return {};
  };
  EXPECT_THROW(CheckInOrder(100'000, 3, check, [](const Checked&) {}), CannotRun);
  EXPECT_LT(checked, 100'000);
  const auto refuse = [](const Checked&) { throw CannotRun("no more"); };
  EXPECT_THROW(CheckInOrder(
                   100'000, 3, [](std::size_t) { return Checked{}; }, refuse),
               CannotRun);
}

}  // namespace
}  // namespace portcullis::suite
