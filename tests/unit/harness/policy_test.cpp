// .portcullis.yaml: what it means, what its errors say, and where it is found.
#include "harness/suite/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::suite {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

const NameChecks kChecks{[](const std::string& name) {
                           if (name != "2xh200@1" && name != "no-driver") {
                             throw UsageError("unknown host '" + name + "'");
                           }
                         },
                         {}};

class PolicyTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    return scratch_.Write(name, text);
  }
  Policy Read(const std::string& text) { return ReadPolicy(Write("p.yaml", text), kChecks); }
  std::string ErrorOf(const std::string& text) {
    try {
      Read(text);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  }
  Scratch scratch_;
};

TEST_F(PolicyTest, IsReadAsWritten) {
  const Policy policy = Read(
      "hosts: [no-driver, 2xh200@1]\nruntimes: python\nstrategies: [as-saved, 'parts=cuda:0,cpu']\n"
      "trust: true\nleave-others: true\nallow:\n  paths: [old/**, '*.bin']\n  globals: ['my.*']\n"
      "limits:\n  file: 2 GiB\n  tensors: 100\n");
  EXPECT_THAT(policy.hosts, ElementsAre("no-driver", "2xh200@1"));
  EXPECT_THAT(policy.runtimes, ElementsAre("python"));
  EXPECT_THAT(policy.strategies, ElementsAre("as-saved", "parts=cuda:0,cpu"));
  EXPECT_TRUE(policy.trust);
  EXPECT_TRUE(policy.leave_others);
  EXPECT_EQ(policy.most_bytes, 2ULL << 30U);
  EXPECT_EQ(policy.most_tensors, 100U);
  EXPECT_TRUE(policy.AllowsGlobal("my.model.Net"));
  EXPECT_FALSE(policy.AllowsGlobal("your.model.Net"));
}

TEST_F(PolicyTest, EveryKeyMayBeMissing) {
  for (const char* text : {"", "\n", "# hosts: [no-driver]\n"}) {
    const Policy policy = Read(text);
    EXPECT_TRUE(policy.hosts.empty()) << text;
    EXPECT_EQ(policy.file.filename(), "p.yaml");
  }
}

TEST_F(PolicyTest, PathsAreSeenFromItsFolder) {
  const Policy policy = Read("allow: {paths: [old/**, '*.bin']}\n");
  const std::filesystem::path folder = policy.file.parent_path();
  EXPECT_TRUE(policy.AllowsPath(folder / "old/a/b.pt"));
  EXPECT_TRUE(policy.AllowsPath(folder / "x/y.bin"));
  EXPECT_FALSE(policy.AllowsPath(folder / "x/old/b.pt"));
  EXPECT_FALSE(policy.AllowsPath(folder / "b.pt"));
}

TEST_F(PolicyTest, ErrorsNameLineAndColumn) {
  EXPECT_THAT(ErrorOf("host: x\n"),
              EndsWith("p.yaml:1:1: unknown key 'host'; did you mean 'hosts'?\n"
                       "  known: allow, hosts, leave-others, limits, runtimes, strategies, trust"));
  EXPECT_THAT(ErrorOf("trust: true\nhosts: [no-driver, 9xh200]\n"),
              EndsWith("p.yaml:2:20: unknown host '9xh200'"));
  EXPECT_THAT(
      ErrorOf("strategies:\n  - map-locaton=cpu\n"),
      HasSubstr("p.yaml:2:5: unknown strategy 'map-locaton'; did you mean 'map-location'?"));
  EXPECT_THAT(ErrorOf("limits: {file: 2 GB}\n"),
              EndsWith("p.yaml:1:16: found '2 GB', expected bytes, or a size like '2 GiB'"));
  EXPECT_THAT(ErrorOf("limits: {tensors: -1}\n"), HasSubstr("p.yaml:1:19: found '-1'"));
  EXPECT_THAT(ErrorOf("trust: maybe\n"), EndsWith("found 'maybe', expected true or false"));
  EXPECT_THAT(ErrorOf("hosts: [no-driver\n"), HasSubstr("p.yaml:2:1: not YAML"));
}

TEST_F(PolicyTest, TheNearestOneAboveCounts) {
  Write("a/.portcullis.yaml", "strategies: mmap\n");
  Write("a/b/.portcullis.yaml", "strategies: as-saved\n");
  const std::filesystem::path folder = scratch_.path();
  Policies policies(kChecks, std::nullopt, true);
  EXPECT_THAT(policies.Of(folder / "a/x.pt").strategies, ElementsAre("mmap"));
  EXPECT_THAT(policies.Of(folder / "a/c/d/x.pt").strategies, ElementsAre("mmap"));
  EXPECT_THAT(policies.Of(folder / "a/b/c/x.pt").strategies, ElementsAre("as-saved"));
  EXPECT_EQ(policies.Of(folder / "a/c/y.pt").file, folder / "a/.portcullis.yaml");
}

TEST_F(PolicyTest, AGivenOneCountsForEverythingAndNoneCanBeAsked) {
  Write("a/.portcullis.yaml", "strategies: mmap\n");
  const std::string given = Write("mine.yaml", "strategies: as-saved\n");
  const std::filesystem::path file = scratch_.path() / "a/x.pt";
  EXPECT_THAT(Policies(kChecks, given, true).Of(file).strategies, ElementsAre("as-saved"));
  EXPECT_THAT(Policies(kChecks, std::nullopt, false).Of(file).strategies, ElementsAre());
}

}  // namespace
}  // namespace portcullis::suite
