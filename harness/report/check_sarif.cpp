// check --sarif: SARIF 2.1.0 (OASIS, 27 March 2020), as code scanning services read it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/report/check_report.h"
#include "harness/report/json_text.h"

namespace portcullis::report {
namespace {

using nlohmann::json;

const char* LevelOf(suite::Level level) {
  return level == suite::Level::kError ? "error" : "warning";
}

// Section 3.4.3: a URI reference. Everything but what RFC 3986 leaves plain is percent-encoded.
std::string Uri(const std::string& path) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  const bool like_a_scheme = path.find(':') < path.find('/');
  if (like_a_scheme) uri += "./";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

json Rule(const suite::FindingRule& rule) {
  return {{"id", rule.id},
          {"shortDescription", {{"text", fmt::format("A checkpoint {}", rule.title)}}},
          {"fullDescription", {{"text", rule.help}}},
          {"help", {{"text", rule.help}}},
          {"defaultConfiguration", {{"level", LevelOf(rule.level)}}}};
}

// Code scanning wants a line; a checkpoint has none, so it is the first.
json Location(const suite::Checked& checked) {
  return {{"physicalLocation",
           {{"artifactLocation", {{"uri", Uri(checked.file.generic_string())}}},
            {"region", {{"startLine", 1}}}}}};
}

json Result(const suite::Checked& checked, const suite::Finding& finding) {
  const std::string text =
      finding.remedy.empty() ? finding.text : finding.text + ". Remedy: " + finding.remedy;
  json result{{"ruleId", finding.rule->id},
              {"ruleIndex", finding.rule - suite::FindingRules().data()},
              {"level", LevelOf(finding.rule->level)},
              {"message", {{"text", text}}},
              {"locations", {Location(checked)}}};
  if (checked.allowed) {
    result["suppressions"] = {
        {{"kind", "external"}, {"justification", "allowed by .portcullis.yaml"}}};
  }
  return result;
}

}  // namespace

std::string CheckSarif(const CheckReport& report) {
  json rules = json::array();
  for (const auto& rule : suite::FindingRules()) rules.push_back(Rule(rule));
  json results = json::array();
  for (const auto& checked : report.checked) {
    for (const auto& finding : checked.findings) results.push_back(Result(checked, finding));
  }
  const json run{
      {"tool",
       {{"driver", {{"name", "portcullis"}, {"version", report.version}, {"rules", rules}}}}},
      {"invocations", {{{"executionSuccessful", true}}}},
      {"columnKind", "utf16CodeUnits"},
      {"results", results}};
  const json document{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", {run}}};
  return JsonText(document, 1) + "\n";
}

}  // namespace portcullis::report
