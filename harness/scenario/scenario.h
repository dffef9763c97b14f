// Owns: YAML → cases. docs/SCENARIOS.md describes the format; an error names file, line, column.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/scenario/case.h"
#include "harness/scenario/case_list.h"
#include "src/base/yaml.h"

namespace portcullis::scenario {

// The names a scenario may use; anything else is an error that suggests the nearest.
struct KnownNames {
  std::vector<std::string> checkpoints;
  std::vector<std::string> hosts;
  std::vector<std::string> runtimes;  // families and ids
  std::vector<std::string> damages = {};
  std::filesystem::path folder = {};  // hosts by path (./mine.yaml) are relative to it
  // The PyTorch version of each family and id that is here.
  std::map<std::string, portability::TorchVersion> versions = {};
};

// Adds the cases of one scenario file, in matrix order: checkpoint, host, mask, runtime, strategy,
// damage, fault, the last varying fastest. Every case must meet exactly one rule of `expect` (the
// first that fits counts), and every rule must meet a case.
void ReadScenario(const std::filesystem::path& file, const KnownNames& known, CaseList& cases);
void ReadScenario(const YamlValue& root, const std::string& name, const KnownNames& known,
                  CaseList& cases);

// The *.yaml files below a folder, sorted; a file stands for itself. Missing: UsageError.
std::vector<std::filesystem::path> FindScenarios(const std::filesystem::path& where);

}  // namespace portcullis::scenario
