#include "harness/verdict/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "src/base/yaml.h"

namespace portcullis::verdict {
namespace {

Claim ReadClaim(const YamlValue& row) {
  row.OnlyKeys({"id", "says", "evidence", "cases"});
  Claim claim{row.Key("id").Text(), row.Key("says").Text(), row.Key("evidence").Text(), {}};
  for (const auto& [name, id] : row.Key("cases").Pairs()) claim.cases[name.Text()] = id.Text();
  return claim;
}

// What {name.field} may ask of a case.
std::optional<std::string> Field(const Result& result, std::string_view field) {
  const host::Counts counts = result.observation.flight.LoadAndMove();
  const std::array numbers{std::pair{"host-to-device", counts.host_to_device_bytes},
                           std::pair{"device-to-host", counts.device_to_host_bytes},
                           std::pair{"device-to-device", counts.device_to_device_bytes},
                           std::pair{"peak", counts.peak_bytes},
                           std::pair{"kernels", counts.kernels_launched}};
  for (const auto& [name, number] : numbers) {
    if (field == name) return fmt::format("{:L}", number);
  }
  if (field == "phase") return result.observation.phase;
  if (field == "outcome") return OutcomeName(result.observation.outcome);
  return std::nullopt;
}

// Replaces every {name.field}; "" if a case is missing or not as expected.
std::string Fill(const Claim& claim, std::span<const Result> results) {
  std::string text;
  for (std::size_t at = 0;;) {
    const std::size_t open = claim.evidence.find('{', at);
    text += claim.evidence.substr(at, open - at);
    if (open == std::string::npos) return text;
    const std::size_t close = claim.evidence.find('}', open);
    const std::string key = claim.evidence.substr(open + 1, close - open - 1);
    const std::size_t dot = key.find('.');
    const auto id = claim.cases.find(key.substr(0, dot));
    if (close == std::string::npos || dot == std::string::npos || id == claim.cases.end())
      return {};
    const auto result = std::find_if(results.begin(), results.end(),
                                     [&](const Result& r) { return r.c.id == id->second; });
    if (result == results.end() || result->judgement.verdict != Verdict::kAsExpected) return {};
    const auto value = Field(*result, std::string_view(key).substr(dot + 1));
    if (!value) return {};
    text += *value;
    at = close + 1;
  }
}

void Count(const Result& result, ClaimAnswer& answer) {
  switch (result.judgement.verdict) {
    case Verdict::kNotAsExpected:
      ++answer.unexpected;
      return;
    case Verdict::kError:
      ++answer.errors;
      return;
    case Verdict::kSkipped:
      ++answer.skipped;
      return;
    case Verdict::kAsExpected:
      break;
  }
  switch (result.expectation.shows) {
    case scenario::Shows::kConfirms:
      ++answer.confirming;
      return;
    case scenario::Shows::kLimits:
      ++answer.limiting;
      return;
    case scenario::Shows::kRefutes:
      ++answer.refuting;
      return;
    case scenario::Shows::kNothing:
      ++answer.other;
  }
}

Answer Decide(const ClaimAnswer& answer) {
  if (answer.unexpected + answer.errors > 0) return Answer::kOpen;
  if (answer.refuting > 0) return Answer::kRefuted;
  if (answer.limiting > 0) return Answer::kLimited;
  return answer.confirming > 0 ? Answer::kConfirmed : Answer::kNotRun;
}

}  // namespace

std::vector<Claim> ReadClaims(const std::filesystem::path& file) {
  const YamlValue root = YamlValue::Load(file);
  root.OnlyKeys({"claims"});
  std::vector<Claim> claims;
  for (const YamlValue& row : root.Key("claims").Items()) claims.push_back(ReadClaim(row));
  return claims;
}

std::string AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kConfirmed:
      return "confirmed";
    case Answer::kLimited:
      return "limited";
    case Answer::kRefuted:
      return "refuted";
    case Answer::kOpen:
      return "open";
    case Answer::kNotRun:
      return "not run";
  }
  return "";
}

ClaimAnswer AnswerClaim(const Claim& claim, std::span<const Result> results) {
  ClaimAnswer answer;
  answer.claim = claim;
  for (const Result& result : results) {
    if (result.c.claim == claim.id) Count(result, answer);
  }
  answer.answer = Decide(answer);
  answer.evidence = Fill(claim, results);
  return answer;
}

}  // namespace portcullis::verdict
