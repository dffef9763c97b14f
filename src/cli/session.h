// Owns: one run of portcullis run: from its options to its reports.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/findings.h"
#include "harness/report/junit.h"
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
  void FindHere();
  suite::Stage StageOf(const scenario::Case& c, const host::Runtime& runtime) const;
  bool own() const { return !options_.checkpoints.empty(); }

  void CheckNames() const;
  scenario::CaseList Named();
  scenario::CaseList Listed();
  bool KeepFailed(scenario::CaseList& cases) const;

  void MakeCheckpoints(const scenario::CaseList& cases);
  void OpenReports(const scenario::CaseList& list);
  void RunAll(const scenario::CaseList& cases);
  void Take(std::size_t number, const verdict::Result& result);
  suite::Subject SubjectOf(const scenario::Case& c) const;

  ExitCode Report(const scenario::CaseList& cases);
  void SayWhatIsMissing() const;
  void PrintGrids(const scenario::CaseList& cases, const report::Style& style) const;
  std::string Again(const verdict::Result& result) const;

  const RunOptions& options_;
  World world_;
  suite::Store store_;
  suite::Damaged damaged_;
  runner::Runner runner_;
  std::optional<host::Host> here_;  // this machine, if it is one of the hosts
  std::unique_ptr<suite::OwnCheckpoints> own_;
  std::unique_ptr<report::ResultsFile> results_file_;
  std::unique_ptr<report::JUnitFile> junit_file_;
  report::Totals totals_;
  verdict::ClaimAnswers claims_;
  report::Findings findings_;
  struct Seen {
    verdict::Outcome outcome = verdict::Outcome::kNotStarted;
    verdict::Verdict verdict = verdict::Verdict::kSkipped;
  };
  std::vector<Seen> cells_;  // of somebody's own checkpoints, by case
  std::size_t planned_ = 0;  // cases of this shard
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace portcullis::cli
