// check --junit: one test suite a file, one test case a question, and one for each other finding.
#include <fmt/format.h>

#include <string>

#include "harness/report/check_report.h"
#include "harness/report/xml.h"

namespace portcullis::report {
namespace {

struct Cases {
  std::string text;
  std::size_t all = 0, failures = 0, errors = 0, skipped = 0;

  void Add(const std::string& file, const std::string& name, const std::string& body) {
    ++all;
    text += fmt::format("    <testcase classname=\"{}\" name=\"{}\">{}</testcase>\n", Xml(file),
                        Xml(name), body);
  }
};

std::string Lines(const std::string& text, const std::string& remedy) {
  return Xml(remedy.empty() ? text : text + "\nremedy: " + remedy);
}

void AddForecast(const suite::Checked& checked, const suite::Forecast& forecast, Cases& cases) {
  const auto& said = forecast.prediction;
  std::string body;
  if (!said.supported) {
    ++cases.skipped;
    body = fmt::format("<skipped message=\"{}\"/>", Xml(said.reason));
  } else if (!said.loads && checked.allowed) {
    ++cases.skipped;
    body = "<skipped message=\"allowed by .portcullis.yaml\"/>";
  } else if (!said.loads) {
    ++cases.failures;
    body = fmt::format("<failure message=\"{}\">{}</failure>", Xml(said.Text()),
                       Lines(said.reason, said.remedy));
  }
  cases.Add(checked.file.string(),
            fmt::format("{} on {}, {}", forecast.strategy, forecast.host, forecast.runtime), body);
}

// Findings beyond what the forecasts say. Warnings do not fail a test.
void AddFinding(const suite::Checked& checked, const suite::Finding& finding, Cases& cases) {
  const bool is_error = finding.rule->level == suite::Level::kError && !checked.allowed;
  const std::string text = Lines(finding.text, finding.remedy);
  std::string body = fmt::format("<system-out>{}</system-out>", text);
  if (is_error) {
    ++cases.errors;
    body = fmt::format("<error message=\"{}\">{}</error>", Xml(finding.rule->title), text);
  }
  cases.Add(checked.file.string(), std::string(finding.rule->id), body);
}

}  // namespace

std::string CheckJUnit(const CheckReport& report) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"portcullis check\">\n";
  for (const auto& checked : report.checked) {
    Cases cases;
    for (const auto& forecast : checked.forecasts) AddForecast(checked, forecast, cases);
    for (const auto& finding : checked.findings) {
      if (finding.rule->id != "does-not-load") AddFinding(checked, finding, cases);
    }
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n"
        "{}  </testsuite>\n",
        Xml(checked.file.string()), cases.all, cases.failures, cases.errors, cases.skipped,
        cases.text);
  }
  return text + "</testsuites>\n";
}

}  // namespace portcullis::report
