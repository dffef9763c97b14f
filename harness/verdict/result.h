// Owns: everything known about one case that has been run or skipped.
#pragma once

#include <optional>
#include <string>

#include "harness/scenario/case.h"
#include "harness/verdict/observation.h"
#include "harness/verdict/verdict.h"
#include "src/portability/predict.h"

namespace portcullis::verdict {

struct Result {
  scenario::Case c;
  std::string runtime_id;             // the runtime that stood for the case's family
  std::string ran_on;                 // "here@0": if not on the host that the case declares
  scenario::Expectation expectation;  // what it was held to
  std::optional<portability::Prediction> prediction;
  std::string refusal;  // what static reading says of a damaged checkpoint; "" if it reads it
  Observation observation;
  Judgement judgement;
};

}  // namespace portcullis::verdict
