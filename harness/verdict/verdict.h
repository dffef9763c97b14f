// Owns: holding observation, expectation and prediction against each other. All must agree; which
// two differ says whether the scenario, the rules or the simulation is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/checkpoints/reference.h"
#include "harness/scenario/case.h"
#include "harness/verdict/observation.h"
#include "src/portability/predict.h"

namespace portcullis::verdict {

enum class Verdict { kAsExpected, kNotAsExpected, kError, kSkipped };
// "as expected", "not as expected", "error", "skipped".
std::string VerdictName(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::kError;
  std::vector<std::string> differences;  // one sentence each, empty if as expected
  std::string reason;                    // why it was skipped
};

// What was done to a case on purpose.
struct Trouble {
  bool fault = false;   // of its own or of its host
  bool damage = false;  // of the checkpoint
  std::string refusal;  // what static reading says of the damaged checkpoint; "" if it reads it
};

// `expectation` is what the case was held to (its own, or FromPrediction's).
//
// The rules speak of files and hosts, not of faults, nor of damage that leaves the tags readable:
// of such a case they must predict that it loads, or what happens would show nothing about the
// fault. A checkpoint that static reading refuses has no prediction, and must not load with the
// right bytes.
Judgement Judge(const scenario::Expectation& expectation, const checkpoints::Reference& reference,
                const std::optional<portability::Prediction>& prediction,
                const Observation& observation, const Trouble& trouble = {});

// The expectation of a case that states none: what the rules say.
scenario::Expectation FromPrediction(const portability::Prediction& prediction,
                                     const checkpoints::Reference& reference,
                                     const portability::Strategy& strategy);

}  // namespace portcullis::verdict
