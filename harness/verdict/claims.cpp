#include "harness/verdict/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
std::map<std::string, std::string> FieldsOf(const Result& result) {
  const host::Counts counts = result.observation.flight.LoadAndMove();
  return {{"host-to-device", fmt::format("{:L}", counts.host_to_device_bytes)},
          {"device-to-host", fmt::format("{:L}", counts.device_to_host_bytes)},
          {"device-to-device", fmt::format("{:L}", counts.device_to_device_bytes)},
          {"peak", fmt::format("{:L}", counts.peak_bytes)},
          {"kernels", fmt::format("{:L}", counts.kernels_launched)},
          {"phase", result.observation.phase},
          {"outcome", OutcomeName(result.observation.outcome)}};
}

// Replaces every {name.field}; "" if a case is missing or not as expected.
std::string Fill(const Claim& claim,
                 const std::map<std::string, std::map<std::string, std::string>>& fields) {
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
    const auto& known = fields.at(id->second);
    const auto value = known.find(key.substr(dot + 1));
    if (value == known.end()) return {};
    text += value->second;
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

ClaimAnswers::ClaimAnswers(std::vector<Claim> claims) {
  for (Claim& claim : claims) {
    for (const auto& [name, id] : claim.cases) fields_[id];
    answers_.emplace_back().claim = std::move(claim);
  }
}

void ClaimAnswers::Add(const Result& result) {
  for (ClaimAnswer& answer : answers_) {
    if (result.c.claim == answer.claim.id) Count(result, answer);
  }
  const auto asked = fields_.find(result.c.id);
  if (asked != fields_.end() && result.judgement.verdict == Verdict::kAsExpected) {
    asked->second = FieldsOf(result);
  }
}

std::vector<ClaimAnswer> ClaimAnswers::All() const {
  std::vector<ClaimAnswer> answers = answers_;
  for (ClaimAnswer& answer : answers) {
    answer.answer = Decide(answer);
    answer.evidence = Fill(answer.claim, fields_);
  }
  return answers;
}

std::vector<ClaimAnswer> ClaimAnswers::SpokenTo() const {
  std::vector<ClaimAnswer> answers = All();
  std::erase_if(answers, [](const ClaimAnswer& answer) {
    return answer.confirming + answer.limiting + answer.refuting + answer.other +
               answer.unexpected + answer.errors + answer.skipped ==
           0;
  });
  return answers;
}

ClaimAnswer AnswerClaim(const Claim& claim, std::span<const Result> results) {
  ClaimAnswers answers({claim});
  for (const Result& result : results) answers.Add(result);
  return answers.All().front();
}

}  // namespace portcullis::verdict
