#include "harness/report/junit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "harness/report/whole_file.h"
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

std::string Suite(const std::string& name, const std::vector<const Result*>& results) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;
  std::string cases;
  for (const Result* result : results) {
    failures += result->judgement.verdict == Verdict::kNotAsExpected ? 1 : 0;
    errors += result->judgement.verdict == Verdict::kError ? 1 : 0;
    skipped += result->judgement.verdict == Verdict::kSkipped ? 1 : 0;
    seconds += result->observation.wall_seconds;
    cases +=
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">{}</testcase>\n",
                    Xml(name), Xml(result->c.id), result->observation.wall_seconds, Body(*result));
  }
  return fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}  </testsuite>\n",
      Xml(name), results.size(), failures, errors, skipped, seconds, cases);
}

}  // namespace

std::string JUnit(std::span<const Result> results) {
  std::map<std::string, std::vector<const Result*>> suites;
  for (const Result& result : results) suites[result.c.scenario].push_back(&result);
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis\">\n";
  for (const auto& [name, cases] : suites) text += Suite(name, cases);
  return text + "</testsuites>\n";
}

void WriteJUnit(const std::filesystem::path& file, std::span<const Result> results) {
  WriteWholeFile(file, JUnit(results));
}

}  // namespace portcullis::report
