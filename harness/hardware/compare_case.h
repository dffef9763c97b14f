// Owns: what of two observations of one case must be the same, hardware's and the simulation's.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/hardware/agree.h"

namespace portcullis::hardware {

struct CaseAspect {
  Aspect aspect;
  std::string recorded, simulated;  // as text; equal if they agree
};

// Both as `observation` of results.ndjson. Aspects that a case does not have, such as the bytes of
// one that raised, are left out. Times are not compared.
std::vector<CaseAspect> CompareCase(const nlohmann::json& recorded,
                                    const nlohmann::json& simulated);

}  // namespace portcullis::hardware
