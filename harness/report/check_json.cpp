// check --json: everything that was asked and found, as check.schema.json describes it.
#include <nlohmann/json.hpp>

#include "harness/report/check_report.h"
#include "harness/report/json_text.h"

namespace portcullis::report {
namespace {

using nlohmann::json;

json Forecast(const suite::Forecast& forecast) {
  const auto& said = forecast.prediction;
  return {{"host", forecast.host},  {"runtime", forecast.runtime}, {"strategy", forecast.strategy},
          {"outcome", said.Text()}, {"loads", said.loads},         {"supported", said.supported},
          {"error", said.error},    {"phase", said.phase},         {"reason", said.reason},
          {"remedy", said.remedy}};
}

json Finding(const suite::Finding& finding) {
  return {{"rule", finding.rule->id},
          {"level", finding.rule->level == suite::Level::kError ? "error" : "warning"},
          {"text", finding.text},
          {"remedy", finding.remedy}};
}

json File(const suite::Checked& checked) {
  json file{{"file", checked.file.string()}, {"passes", checked.Passes()},
            {"allowed", checked.allowed},    {"forecasts", json::array()},
            {"findings", json::array()},     {"format", nullptr}};
  if (checked.map) {
    file["format"] = FormatName(checked.map->format);
    file["tensors"] = checked.map->tensors;
    file["bytes"] = checked.map->bytes;
    file["tags"] = checked.map->by_tag;
  }
  for (const auto& forecast : checked.forecasts) file["forecasts"].push_back(Forecast(forecast));
  for (const auto& finding : checked.findings) file["findings"].push_back(Finding(finding));
  return file;
}

}  // namespace

std::string CheckJson(const CheckReport& report) {
  json document{{"check", 1},
                {"version", report.version},
                {"files", json::array()},
                {"totals",
                 {{"pass", report.totals.pass},
                  {"fail", report.totals.fail},
                  {"allowed", report.totals.allowed},
                  {"warnings", report.totals.warnings},
                  {"others", report.totals.others}}}};
  for (const auto& checked : report.checked) document["files"].push_back(File(checked));
  return JsonText(document, 1) + "\n";
}

}  // namespace portcullis::report
