// Owns: the `expect` list of a scenario: which cases a rule is for, and what it expects of them.
#pragma once

#include <vector>

#include "harness/scenario/case.h"
#include "src/base/yaml.h"

namespace portcullis::scenario {

// One rule. An empty list of a field fits every case.
struct Rule {
  std::vector<std::string> checkpoints, hosts, masks, runtimes, strategies, faults, damages;
  Expectation expectation;
  std::string torch_text = {};         // ">=2.6", "" if the rule is for every version
  portability::TorchRange torch = {};  // the same
  bool Fits(const Case& c) const;
  // As Fits, if the runtime were of the right version.
  bool FitsOfAnyVersion(const Case& c) const;
};

std::vector<Rule> ReadRules(const YamlValue& expect);

}  // namespace portcullis::scenario
