// Owns: answering the claims from results: confirmed, confirmed with limits, or refuted.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "harness/verdict/result.h"

namespace portcullis::verdict {

// One row of scenarios/claims/claims.yaml.
struct Claim {
  std::string id;                            // "C3"
  std::string says;                          // the sentence
  std::string evidence;                      // with {name.field} for counts of the cases below
  std::map<std::string, std::string> cases;  // name in `evidence` → case id
};
// Errors name file, line and column.
std::vector<Claim> ReadClaims(const std::filesystem::path& file);

enum class Answer { kConfirmed, kLimited, kRefuted, kOpen, kNotRun };
// "confirmed", "limited", "refuted", "open", "not run".
std::string AnswerName(Answer answer);

struct ClaimAnswer {
  Claim claim;
  Answer answer = Answer::kNotRun;
  int confirming = 0, limiting = 0, refuting = 0;  // as-expected cases, by what they show
  int other = 0;                                   // as-expected cases that show nothing
  int unexpected = 0, errors = 0, skipped = 0;
  std::string evidence;  // filled in; "" where a case it names did not run
};

// Answers claims from results that come in any order, of which it keeps no more than the evidence.
class ClaimAnswers {
 public:
  explicit ClaimAnswers(std::vector<Claim> claims);
  void Add(const Result& result);
  // In the order of the claims. A claim is open when one of its cases is not as expected: then the
  // scenario, the rules or the simulation is wrong, and the claim is not answered.
  std::vector<ClaimAnswer> All() const;
  // Only of those that some result spoke to.
  std::vector<ClaimAnswer> SpokenTo() const;

 private:
  std::vector<ClaimAnswer> answers_;
  // What the evidence of some claim asks of a case: its fields, by the case's id. A case has none
  // until its result has come, and was as expected.
  std::map<std::string, std::map<std::string, std::string>> fields_;
};

// The answer to one claim from results that are all there.
ClaimAnswer AnswerClaim(const Claim& claim, std::span<const Result> results);

}  // namespace portcullis::verdict
