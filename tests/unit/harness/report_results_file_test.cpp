// The results file: whole with its footer or not there at all, also on a full disk.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "harness/report/results_file.h"
#include "harness/report/whole_file.h"
#include "src/base/error.h"
#include "tests/unit/harness/report_results.h"

namespace portcullis::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;
using verdict::Verdict;

class ResultsFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "portcullis-results-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "results.ndjson"; }
  std::vector<json> Lines() const {
    std::vector<json> lines;
    std::ifstream stream(file());
    for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
    return lines;
  }
  bool Empty() const { return fs::is_empty(folder_); }

  fs::path folder_;
};

const RunFacts kFacts{
    "1.2.3", "2026-01-02T03:04:05Z", {"run"}, {"python-2.11.0"}, 2, 7, "ab", {2, 4}, 3, {}};

// No file of this process may grow beyond this many bytes while it stands.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(ResultsFileTest, HeaderCasesFooter) {
  ResultsFile results(file(), kFacts);
  EXPECT_FALSE(fs::exists(file()));
  Totals totals;
  for (const auto verdict : {Verdict::kAsExpected, Verdict::kNotAsExpected}) {
    totals.Add(verdict);
    results.Add(totals.All() - 1, ResultOf("2xh200@1", "map-location=cpu", verdict));
  }
  EXPECT_FALSE(fs::exists(file())) << "not under its name before the footer";
  results.Finish(totals, true);
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_EQ(lines[0], json::parse(R"({"kind": "header", "schema": 1, "portcullis": "1.2.3",
    "started": "2026-01-02T03:04:05Z", "arguments": ["run"], "runtimes": ["python-2.11.0"],
    "cases": 2, "list": {"cases": 7, "sha256": "ab"}, "shard": {"number": 2, "of": 4},
    "repeat": 3, "shuffle": null})"));
  EXPECT_EQ(lines[1]["mask"], "1");
  EXPECT_EQ(lines[1]["runtime"], "python-2.11.0");
  EXPECT_EQ(lines[2]["verdict"], "not as expected");
  EXPECT_EQ(lines[3], json::parse(R"({"kind": "footer", "complete": true, "as_expected": 1,
    "not_as_expected": 1, "errors": 0, "skipped": 0})"));
  EXPECT_FALSE(fs::exists(file().string() + ".partial"));
}

RunFacts FactsOf(std::size_t cases) {
  RunFacts facts = kFacts;
  facts.cases = cases;
  return facts;
}

std::string HostNumber(std::size_t number) { return "2xh200@" + std::to_string(number); }

TEST_F(ResultsFileTest, LinesStandInTheOrderOfTheCasesWhateverTheOrderOfComing) {
  ResultsFile results(file(), FactsOf(5));
  for (const std::size_t number : {3U, 0U, 4U, 2U, 1U}) {
    results.Add(number, ResultOf(HostNumber(number), "as-saved"));
  }
  results.Finish({}, true);
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(7));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(lines[i + 1]["mask"], std::to_string(i));
}

TEST_F(ResultsFileTest, WhatDidNotComeIsLeftOut) {
  ResultsFile results(file(), FactsOf(4));
  results.Add(3, ResultOf(HostNumber(3), "as-saved"));
  results.Add(1, ResultOf(HostNumber(1), "as-saved"));
  results.Finish({}, false);
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_EQ(lines[1]["mask"], "1");
  EXPECT_EQ(lines[2]["mask"], "3");
}

TEST_F(ResultsFileTest, AFullDiskForWhatWaitsIsTold) {
  ResultsFile results(file(), FactsOf(2));
  const SmallDisk small(10);
  EXPECT_THROW(results.Add(1, ResultOf("2xh200", "as-saved")), CannotRun);
}

TEST_F(ResultsFileTest, UnsetAndEmptyMasksDiffer) {
  EXPECT_EQ(ToJson(ResultOf("2xh200", "as-saved"))["mask"], nullptr);
  EXPECT_EQ(ToJson(ResultOf("2xh200@empty", "as-saved"))["mask"], "");
}

TEST_F(ResultsFileTest, BytesThatAreNoTextStillMakeJson) {
  auto result = ResultOf("2xh200", "as-saved");
  result.observation.error_whole = "bad \xff byte";
  {
    ResultsFile results(file(), kFacts);
    results.Add(0, result);
    results.Finish({}, true);
  }
  EXPECT_EQ(Lines()[1]["observation"]["error"]["whole"], "bad \uFFFD byte");
}

TEST_F(ResultsFileTest, WithoutAFooterNothingIsLeft) {
  { ResultsFile results(file(), kFacts); }
  EXPECT_TRUE(Empty());
}

TEST_F(ResultsFileTest, AFullDiskLeavesNothing) {
  const auto whole = [&] {
    ResultsFile results(file(), kFacts);
    results.Add(0, ResultOf("2xh200", "as-saved"));
    results.Finish({}, true);
  };
  whole();
  const auto size = fs::file_size(file());
  fs::remove(file());
  // In the header, in a case, in the footer.
  for (const rlim_t bytes : {rlim_t{10}, rlim_t{300}, rlim_t{size - 10}}) {
    const SmallDisk small(bytes);
    try {
      whole();
      ADD_FAILURE() << "a disk of " << bytes << " bytes was enough";
    } catch (const CannotRun& error) {
      EXPECT_THAT(error.what(), HasSubstr(file().string()));
      EXPECT_THAT(error.what(), HasSubstr("File too large"));
    }
    EXPECT_TRUE(Empty()) << bytes;
  }
}

TEST_F(ResultsFileTest, AFolderThatIsNotThere) {
  EXPECT_THROW(ResultsFile(folder_ / "no" / "r.ndjson", kFacts), CannotRun);
  EXPECT_THROW(WriteWholeFile(folder_ / "no" / "r.xml", "x"), CannotRun);
}

TEST_F(ResultsFileTest, AWholeFileIsWholeOrNotThere) {
  WriteWholeFile(file(), "first");
  {
    const SmallDisk small(3);
    EXPECT_THROW(WriteWholeFile(file(), "second"), CannotRun);
  }
  std::ifstream stream(file());
  std::string text;
  std::getline(stream, text);
  EXPECT_EQ(text, "first");
  EXPECT_FALSE(fs::exists(file().string() + ".partial"));
}

}  // namespace
}  // namespace portcullis::report
