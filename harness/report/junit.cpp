#include "harness/report/junit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/report/whole_file.h"

namespace portcullis::report {
namespace {

using verdict::Result;
using verdict::Verdict;

// Error texts may hold any bytes; what is no UTF-8 becomes U+FFFD.
std::string Utf8(std::string_view text) {
  using nlohmann::json;
  const std::string valid = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(valid).get<std::string>();
}

// Escapes XML and drops the control characters that XML 1.0 cannot hold.
std::string Xml(std::string_view text) {
  std::string escaped;
  for (const char c : Utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t') continue;
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

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
