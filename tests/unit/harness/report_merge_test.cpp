// Joining shards: the results of the whole list, or an error that says which shard is wrong.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "harness/report/merge.h"
#include "src/base/error.h"
#include "tests/unit/harness/report_results.h"

namespace portcullis::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using verdict::Verdict;

class MergeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "portcullis-merge-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string File(const std::string& name) const { return (folder_ / name).string(); }

  static RunFacts Facts(std::size_t number, std::size_t of, std::size_t list) {
    RunFacts facts;
    facts.version = "1.2.3";
    facts.started = "2026-01-02T03:04:0" + std::to_string(number) + "Z";
    facts.arguments = {"run"};
    facts.list_cases = list;
    facts.list_sha256 = "ab";
    facts.shard = {number, of};
    facts.cases = (list + of - number) / of;
    return facts;
  }

  // A shard of a list of cases that differ by their mask; every fifth is not as expected.
  std::string Write(const std::string& name, const RunFacts& facts, bool complete = true) const {
    Totals totals;
    ResultsFile file(folder_ / name, facts);
    for (std::size_t i = 0; i < facts.cases; ++i) {
      const std::size_t number = i * facts.shard.of + facts.shard.number - 1;
      const auto verdict = number % 5 == 4 ? Verdict::kNotAsExpected : Verdict::kAsExpected;
      totals.Add(verdict);
      file.Add(i, ResultOf("2xh200@" + std::to_string(number), "as-saved", verdict));
    }
    file.Finish(totals, complete);
    return File(name);
  }

  std::vector<std::string> Shards(std::size_t of, std::size_t list) const {
    std::vector<std::string> files;
    for (std::size_t number = 1; number <= of; ++number) {
      files.push_back(Write(std::to_string(number) + ".ndjson", Facts(number, of, list)));
    }
    return files;
  }

  static std::string Text(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  void ExpectError(const std::vector<std::string>& files, const std::string& says) const {
    try {
      MergeResults(files, folder_ / "out.ndjson", {});
      ADD_FAILURE() << "expected: " << says;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(says));
    }
    EXPECT_FALSE(fs::exists(folder_ / "out.ndjson"));
    EXPECT_FALSE(fs::exists(folder_ / "out.ndjson.partial"));
  }

  fs::path folder_;
};

TEST_F(MergeTest, IsWhatAnUnshardedRunWrites) {
  for (const std::size_t list : {0U, 1U, 7U, 12U}) {
    auto files = Shards(3, list);
    std::rotate(files.begin(), files.begin() + 1, files.end());
    const Totals totals = MergeResults(files, folder_ / "out.ndjson", {"run"});
    EXPECT_EQ(totals.All(), list);
    EXPECT_EQ(totals.not_as_expected, list / 5);
    EXPECT_EQ(Text(File("out.ndjson")), Text(Write("whole.ndjson", Facts(1, 1, list)))) << list;
  }
}

TEST_F(MergeTest, AMissingShard) {
  auto files = Shards(4, 9);
  ExpectError({files[0], files[3]},
              "of 4 shards these are missing: 2, 3; run each with --shard I/4");
}

TEST_F(MergeTest, AShardThatIsThereTwice) {
  auto files = Shards(2, 9);
  ExpectError({files[0], files[1], files[0]}, "shard 1/2 stands twice: ");
}

TEST_F(MergeTest, AnIncompleteShard) {
  auto files = Shards(2, 9);
  Write("2.ndjson", Facts(2, 2, 9), false);
  ExpectError(files, "2.ndjson:6: found an incomplete run, expected a whole one: run this shard");
}

TEST_F(MergeTest, AShardThatWasCutOff) {
  auto files = Shards(2, 9);
  const std::string whole = Text(files[1]);
  std::ofstream(files[1]) << whole.substr(0, whole.rfind("{\"as_expected\""));
  ExpectError(files, "2.ndjson: found no footer behind line 5");
}

TEST_F(MergeTest, AShardWithTooFewOrTooManyCases) {
  auto files = Shards(2, 9);
  const std::string whole = Text(files[1]);
  const std::size_t last = whole.rfind("{\"checkpoint\"");
  const std::size_t footer = whole.rfind("{\"as_expected\"");
  std::ofstream(files[1]) << whole.substr(0, last) << whole.substr(footer);
  ExpectError(files, "found 3 cases, expected the planned 4");
  std::ofstream(files[1]) << whole.substr(0, footer) << whole.substr(last);
  ExpectError(files, "found a case, expected the footer");
}

TEST_F(MergeTest, ACaseThatStandsTwice) {
  auto files = Shards(2, 9);
  const std::string whole = Text(files[1]);
  const std::size_t last = whole.rfind("{\"checkpoint\"");
  const std::size_t one_before = whole.rfind("{\"checkpoint\"", last - 1);
  std::ofstream(files[1]) << whole.substr(0, last) << whole.substr(one_before, last - one_before)
                          << whole.substr(whole.rfind("{\"as_expected\""));
  ExpectError(files, "2.ndjson:5: found the case s/a/2xh200@5/python/as-saved again");
}

TEST_F(MergeTest, ShardsOfDifferentRuns) {
  const auto change = [&](auto doing) {
    auto files = Shards(2, 9);
    RunFacts facts = Facts(2, 2, 9);
    doing(facts);
    Write("2.ndjson", facts);
    return files;
  };
  ExpectError(change([](RunFacts& facts) { facts.list_sha256 = "cd"; }),
              "are not of one run: 'list' is");
  ExpectError(change([](RunFacts& facts) { facts.version = "2"; }), "'portcullis' is \"1.2.3\"");
  ExpectError(change([](RunFacts& facts) { facts.repeat = 2; }), "'repeat' is 1 and 2");
  ExpectError(change([](RunFacts& facts) { facts.runtimes = {"x"}; }), "'runtimes' is");
  ExpectError(change([](RunFacts& facts) {
                facts.shard.of = 3;
                facts.cases = 3;
              }),
              "is one of 2 shards and ");
}

TEST_F(MergeTest, AHeaderThatCannotBe) {
  auto files = Shards(2, 9);
  RunFacts facts = Facts(2, 2, 9);
  facts.cases = 3;
  Write("2.ndjson", facts);
  ExpectError(files, "found 3 planned cases, expected 4: its share of 9");
  facts.shard.number = 3;
  Write("2.ndjson", facts);
  ExpectError(files, "found shard 3/2, expected I/N");
  std::ofstream(files[1]) << "{\"kind\":\"header\",\"schema\":1}\n";
  ExpectError(files, "2.ndjson:1: found no 'shard.number'");
  ExpectError({File("none.ndjson")}, "none.ndjson");
}

}  // namespace
}  // namespace portcullis::report
