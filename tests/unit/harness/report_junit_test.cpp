// JUnit: one suite a scenario, counts, and text that no XML reader stumbles over.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "harness/report/junit.h"
#include "tests/unit/harness/report_results.h"
#include "tests/unit/scratch.h"

namespace portcullis::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using verdict::Result;
using verdict::Verdict;

// What stands in the file, the last result having come first.
std::string JUnit(const std::vector<Result>& results) {
  const Scratch scratch;
  const std::string name = (scratch.path() / "junit.xml").string();
  JUnitFile file(name, results.size());
  for (std::size_t i = results.size(); i > 0; --i) file.Add(i - 1, results[i - 1]);
  file.Finish();
  std::ostringstream text;
  text << std::ifstream(name, std::ios::binary).rdbuf();
  return text.str();
}

Result WithDifference(const std::string& text) {
  Result result = ResultOf("1xt4", "as-saved", Verdict::kNotAsExpected);
  result.judgement.differences = {text};
  return result;
}

TEST(JUnit, ASuiteForEachScenarioWithItsCounts) {
  Result other = ResultOf("1xt4", "as-saved", Verdict::kError);
  other.c.scenario = "t";
  other.observation.wall_seconds = 1.5;
  Result skipped = ResultOf("2xh200", "as-saved", Verdict::kSkipped);
  skipped.judgement.reason = "no <runtime>";
  const std::vector<Result> results{ResultOf("1xt4", "mmap"), other, skipped, WithDifference("x")};
  const std::string xml = JUnit(results);
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"s\" tests=\"3\" failures=\"1\" errors=\"0\" "
                             "skipped=\"1\" time=\"0.000\">"));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"t\" tests=\"1\" failures=\"0\" errors=\"1\" "
                             "skipped=\"0\" time=\"1.500\">"));
  EXPECT_LT(xml.find("name=\"s/a/1xt4/python/mmap\""),
            xml.find("name=\"s/a/2xh200/python/as-saved"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"no &lt;runtime&gt;\"/>"));
}

TEST(JUnit, EscapesWhatXmlTakesForItself) {
  const std::vector<Result> results{WithDifference("a<b> & \"c\" 'd' ]]>")};
  EXPECT_THAT(JUnit(results),
              HasSubstr("not as expected\">a&lt;b&gt; &amp; &quot;c&quot; 'd' ]]&gt;</failure>"));
}

TEST(JUnit, DropsControlCharactersAndKeepsLines) {
  const std::vector<Result> results{WithDifference("a\x1b[31m\x01z\nb\tc\r")};
  EXPECT_THAT(JUnit(results), HasSubstr(">a[31mz\nb\tc</failure>"));
}

TEST(JUnit, BytesThatAreNoTextBecomeText) {
  const std::vector<Result> results{WithDifference("bad \xff byte → good")};
  EXPECT_THAT(JUnit(results), HasSubstr(">bad \uFFFD byte → good</failure>"));
}

TEST(JUnit, StrategiesMayHoldSigns) {
  const std::vector<Result> results{ResultOf("1xt4", "remap=cuda:1>cuda:0")};
  EXPECT_THAT(JUnit(results), HasSubstr("name=\"s/a/1xt4/python/remap=cuda:1&gt;cuda:0\""));
  EXPECT_THAT(JUnit(results), Not(HasSubstr("cuda:1>cuda:0")));
}

}  // namespace
}  // namespace portcullis::report
