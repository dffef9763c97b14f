#include "harness/report/junit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/report/xml.h"

namespace portcullis::report {
namespace {

using verdict::Result;
using verdict::Verdict;

std::string Body(const Result& result) {
  const auto& judgement = result.judgement;
  const std::string text = Xml(fmt::format("{}", fmt::join(judgement.differences, "\n")));
  switch (judgement.verdict) {
    case Verdict::kAsExpected:
      return "";
    case Verdict::kNotAsExpected:
      return fmt::format("<failure message=\"not as expected\">{}</failure>", text);
    case Verdict::kError:
      return fmt::format("<error message=\"error\">{}</error>", text);
    case Verdict::kSkipped:
      return fmt::format("<skipped message=\"{}\"/>", Xml(judgement.reason));
  }
  return "";
}

std::string TestCase(const Result& result) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">{}</testcase>\n",
                     Xml(result.c.scenario), Xml(result.c.id), result.observation.wall_seconds,
                     Body(result));
}

}  // namespace

JUnitFile::JUnitFile(std::filesystem::path file, std::size_t cases)
    : file_(std::move(file)), cases_(cases) {}

void JUnitFile::Add(std::size_t number, const Result& result) {
  const Verdict verdict = result.judgement.verdict;
  Suite& suite = suites_[result.c.scenario];
  suite.failures += verdict == Verdict::kNotAsExpected ? 1 : 0;
  suite.errors += verdict == Verdict::kError ? 1 : 0;
  suite.skipped += verdict == Verdict::kSkipped ? 1 : 0;
  suite.seconds += result.observation.wall_seconds;
  suite.cases.push_back(static_cast<std::uint32_t>(number));
  cases_.Put(number, TestCase(result));
}

void JUnitFile::Finish() {
  file_.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis\">\n");
  for (auto& [name, suite] : suites_) {
    file_.Write(fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{:.3f}\">\n",
        Xml(name), suite.cases.size(), suite.failures, suite.errors, suite.skipped, suite.seconds));
    std::sort(suite.cases.begin(), suite.cases.end());
    for (const std::uint32_t number : suite.cases) file_.Write(cases_.Get(number));
    file_.Write("  </testsuite>\n");
  }
  file_.Write("</testsuites>\n");
  file_.Finish();
}

}  // namespace portcullis::report
