// Owns: saying where checkpoints load without loading them: files × hosts × runtimes × strategies,
// each answered by the rules.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/host/host.h"
#include "src/checkpoint/device_map.h"
#include "src/portability/predict.h"

namespace portcullis::suite {

// What to ask of every file. Each list is a choice by name; empty ones mean the default question:
// does it load as it stands, in Python, on a host without a GPU?
struct Question {
  std::vector<std::string> hosts;       // "no-driver", "2xh200@1"
  std::vector<std::string> runtimes;    // families: python, cpp, cpp-cpu
  std::vector<std::string> strategies;  // "as-saved", "map-location=cpu"
  bool trust = false;
};

struct Forecast {
  std::string host, runtime, strategy;
  portability::Prediction prediction;
};

struct Checked {
  std::filesystem::path file;
  std::optional<checkpoint::DeviceMap> map;  // none: it could not be read
  std::string error;                         // why not
  bool foreign = false;                      // it is no checkpoint at all
  std::vector<Forecast> forecasts;
  bool Loads() const;  // read, and every supported forecast loads
};

// The regular files below each folder, sorted; a file stands for itself. Symbolic links are
// followed to files, not to folders. A path that does not exist stays in the list.
std::vector<std::filesystem::path> FilesBelow(const std::vector<std::string>& paths);

// Answers the question for one file. Never throws for what the file holds; names that do not
// exist in the question are UsageErrors.
class Checker {
 public:
  Checker(const Question& question, const host::HostLibrary& hosts);
  Checked Check(const std::filesystem::path& file) const;

 private:
  struct HostAsked {
    std::string text;
    portability::Place place;
  };
  struct RuntimeAsked {
    std::string family;
    portability::Build build;
  };
  std::vector<HostAsked> hosts_;
  std::vector<RuntimeAsked> runtimes_;
  std::vector<portability::Strategy> strategies_;
};

}  // namespace portcullis::suite
