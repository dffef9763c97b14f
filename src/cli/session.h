// Owns: one run of portcullis run: from its options to its reports.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/results_file.h"
#include "harness/report/terminal.h"
#include "harness/runner/runner.h"
#include "harness/suite/damaged.h"
#include "harness/suite/own.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "harness/verdict/claims.h"
#include "src/base/error.h"
#include "src/cli/run_options.h"
#include "src/cli/world.h"

namespace portcullis::cli {

class Session {
 public:
  Session(const RunOptions& options, World world);
  ExitCode Perform();

 private:
  void RequireRuntimes() const;
  void FindHere();
  suite::Stage StageOf(const scenario::Case& c, const host::Runtime& runtime) const;
  bool own() const { return !options_.checkpoints.empty(); }

  void CheckNames() const;
  std::vector<scenario::Case> Named();
  std::vector<scenario::Case> Listed();
  bool KeepFailed(std::vector<scenario::Case>& cases) const;

  void MakeCheckpoints(const std::vector<scenario::Case>& cases);
  void OpenReport(const std::vector<scenario::Case>& list);
  void RunAll(const std::vector<scenario::Case>& cases);
  suite::Subject SubjectOf(const scenario::Case& c) const;

  ExitCode Report();
  void SayWhatIsMissing() const;
  std::vector<verdict::ClaimAnswer> Answers() const;
  void PrintGrids(const report::Style& style) const;
  std::string Again(const verdict::Result& result) const;

  const RunOptions& options_;
  World world_;
  suite::Store store_;
  suite::Damaged damaged_;
  runner::Runner runner_;
  std::optional<host::Host> here_;  // this machine, if it is one of the hosts
  std::unique_ptr<suite::OwnCheckpoints> own_;
  std::unique_ptr<report::ResultsFile> results_file_;
  std::vector<verdict::Result> results_;
  report::Totals totals_;
  std::size_t planned_ = 0;  // cases of this shard
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace portcullis::cli
