// Owns: what `portcullis check` can find in a checkpoint, as one table, and what it says of a file.
// Every report (text, JSON, JUnit, SARIF, …) is written from these.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite/policy.h"
#include "src/checkpoint/device_map.h"
#include "src/checkpoint/error.h"
#include "src/portability/predict.h"

namespace portcullis::suite {

enum class Level { kError, kWarning };

// One row of the table.
struct FindingRule {
  std::string_view id;  // "does-not-load"
  Level level;
  std::string_view title;  // "does not load"
  std::string_view help;   // what it means and what to do, for people
};
std::span<const FindingRule> FindingRules();
const FindingRule& FindingRuleOf(std::string_view id);

struct Finding {
  const FindingRule* rule;
  std::string text;
  std::string remedy;  // "" if there is none
};

// One cell of hosts × runtimes × strategies.
struct Forecast {
  std::string host, runtime, strategy;
  portability::Prediction prediction;
};

// What is kept of a device map once it has been asked: a folder may hold 10,000 checkpoints.
struct MapSummary {
  checkpoint::Format format = checkpoint::Format::kZip;
  std::size_t tensors = 0;
  std::uint64_t bytes = 0;                      // storages, each once
  std::map<std::string, std::uint64_t> by_tag;  // bytes of storages
};
MapSummary Summarise(const checkpoint::DeviceMap& map);

struct Checked {
  std::filesystem::path file;
  std::optional<MapSummary> map;               // none: it could not be read
  std::optional<checkpoint::Problem> problem;  // why not
  std::vector<Forecast> forecasts;
  std::vector<Finding> findings;
  bool allowed = false;  // by the policy: findings do not count

  bool IsForeign() const { return problem == checkpoint::Problem::kNotACheckpoint; }
  // True unless a finding is an error and not allowed.
  bool Passes() const;
};

// Findings of a checkpoint that could be read, and of one that could not. `pythons`: whose
// weights_only=True is to take its globals.
std::vector<Finding> FindingsOf(const checkpoint::DeviceMap& map, std::uint64_t file_bytes,
                                const std::vector<Forecast>& forecasts, const Policy& policy,
                                const std::vector<portability::TorchVersion>& pythons = {
                                    portability::kDefaultTorch});
Finding FindingOf(const checkpoint::CheckpointError& error);
// A checkpoint of several files is damaged where one of them is missing or is something else.
// `file`: what was asked for, the index or the folder.
bool IsOfPart(const checkpoint::CheckpointError& error, const std::filesystem::path& file);
Finding FindingOfPart(const checkpoint::CheckpointError& error);
// A folder that cannot be searched, with what the system says.
Finding FindingOfFolder(const std::string& why);

}  // namespace portcullis::suite
