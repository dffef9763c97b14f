// Owns: saying where one checkpoint loads without loading it: hosts × runtimes × strategies, each
// answered by the rules.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/host/host.h"
#include "harness/suite/check_files.h"
#include "harness/suite/findings.h"
#include "harness/suite/policy.h"
#include "src/portability/predict.h"

namespace portcullis::suite {

// What to ask of a file. Each list is a choice by name; empty ones mean: what the project's policy
// says, and else the question that CI asks: does it load as it stands, in Python, on a host without
// a GPU?
struct Question {
  std::vector<std::string> hosts;       // "no-driver", "2xh200@1"
  std::vector<std::string> runtimes;    // "python", or of a version "python-2.6.0"
  std::vector<std::string> strategies;  // "as-saved", "map-location=cpu"
  bool trust = false;
  bool leave_others = false;  // named files that are no checkpoints are no mistake
};

// The question of one command line under one policy.
Question Complete(const Question& asked, const Policy& policy);

// Splits "a,b" and leaves commas alone that belong to a strategy's argument: of
// "as-saved,parts=cuda:0,cuda:1" two remain.
std::vector<std::string> SplitNames(const std::vector<std::string>& texts);
std::vector<std::string> SplitStrategies(const std::vector<std::string>& texts);

// Throws UsageError with the nearest name for a runtime that there is not.
void CheckRuntimeName(const std::string& name);

// Answers the question for one file. Never throws for what the file holds; names that do not
// exist in the question are UsageErrors. Check() may be called by several threads.
class Checker {
 public:
  Checker(const Question& question, const Policy& policy, const host::HostLibrary& hosts);
  Checked Check(const std::filesystem::path& file) const;
  Checked Check(const FileAsked& asked) const;
  const Question& question() const { return question_; }

 private:
  struct HostAsked {
    std::string text;
    portability::Place place;
  };
  struct RuntimeAsked {
    std::string family;
    portability::Build build;
  };
  std::vector<Forecast> Ask(const checkpoint::DeviceMap& map) const;
  std::vector<portability::TorchVersion> PythonVersions() const;

  Question question_;
  const Policy& policy_;
  std::vector<HostAsked> hosts_;
  std::vector<RuntimeAsked> runtimes_;
  std::vector<portability::Strategy> strategies_;
};

// A checker for each policy.
class Checkers {
 public:
  Checkers(Question asked, Policies policies, const host::HostLibrary& hosts)
      : asked_(std::move(asked)), policies_(std::move(policies)), hosts_(hosts) {}
  const Checker& Of(const std::filesystem::path& file);

 private:
  Question asked_;
  Policies policies_;
  const host::HostLibrary& hosts_;
  std::map<const Policy*, std::unique_ptr<Checker>> by_policy_;
};

}  // namespace portcullis::suite
