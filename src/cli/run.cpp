// Owns: portcullis run.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "harness/report/junit.h"
#include "harness/report/results_file.h"
#include "harness/report/terminal.h"
#include "harness/runner/runner.h"
#include "harness/suite/filter.h"
#include "harness/suite/own.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "harness/verdict/claims.h"
#include "src/base/names.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> scenarios, hosts, runtimes, strategies, filters, checkpoints;
  std::string json, junit;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  double deadline = 60;
  bool trust = false;
  bool isolate = false;
};

// A word for a shell's command line, in quotes where it needs them.
std::string Quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/.,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// One run from its cases to its reports.
class Run {
 public:
  Run(const Options& options, World world)
      : options_(options),
        world_(std::move(world)),
        store_(world_.installation.made, world_.catalog, world_.hosts, world_.runtimes),
        runner_(options.jobs) {
    runner_.StopOnSignals();
  }

  ExitCode Perform() {
    RequireRuntimes();
    const auto cases = Cases();
    MakeCheckpoints(cases);
    OpenReport(cases);
    RunAll(cases);
    return Report(cases);
  }

 private:
  void RequireRuntimes() const {
    if (!world_.runtimes.empty()) return;
    throw CannotRun(fmt::format(
        "no runtime to load with: {} is not there. Build with the loaders (ci/gate), or see "
        "'portcullis doctor'",
        world_.installation.runtimes.string()));
  }

  bool own() const { return !options_.checkpoints.empty(); }

  // A name that no host, runtime or strategy has is a typing mistake, not an empty choice.
  void CheckNames() const {
    for (const auto& name : options_.hosts) {
      static_cast<void>(world_.hosts.Find(scenario::ParseHostAndMask(name).first));
    }
    const auto runtimes = world_.KnownNames().runtimes;
    for (const auto& name : options_.runtimes) {
      if (std::find(runtimes.begin(), runtimes.end(), name) == runtimes.end()) {
        throw UsageError(UnknownName("runtime", name, runtimes));
      }
    }
    for (const auto& text : options_.strategies) {
      const auto table = portability::StrategyTable();
      const bool is_name = std::any_of(table.begin(), table.end(),
                                       [&](const auto& row) { return row.name == text; });
      if (!is_name || own()) static_cast<void>(portability::ParseStrategy(text));
    }
  }

  std::vector<scenario::Case> Cases() {
    CheckNames();
    std::vector<scenario::Case> cases;
    if (own()) {
      own_ = std::make_unique<suite::OwnCheckpoints>(options_.checkpoints, world_.hosts,
                                                     world_.runtimes, options_.trust, runner_);
      cases = own_->Cases(options_.hosts, options_.runtimes, options_.strategies);
    } else {
      cases = suite::Filter(world_.Cases(options_.scenarios),
                            {options_.hosts, options_.runtimes, options_.strategies, {}});
    }
    cases = suite::Filter(std::move(cases), {{}, {}, {}, options_.filters});
    if (cases.empty()) throw UsageError("no case fits; 'portcullis list cases' lists them all");
    return cases;
  }

  void MakeCheckpoints(const std::vector<scenario::Case>& cases) {
    if (own()) return;
    std::vector<std::string> names;
    for (const auto& c : cases) {
      if (std::find(names.begin(), names.end(), c.checkpoint) == names.end()) {
        names.push_back(c.checkpoint);
      }
    }
    store_.Make(names, false, runner_,
                [](const std::string& name) { fmt::print(stderr, "made checkpoint {}\n", name); });
    if (runner_.interrupted()) throw CannotRun("interrupted while making checkpoints");
  }

  void OpenReport(const std::vector<scenario::Case>& cases) {
    if (options_.json.empty()) return;
    report::RunFacts facts;
    facts.version = world_.installation.version;
    facts.started = fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::now()));
    facts.arguments = Arguments();
    for (const auto& runtime : world_.runtimes) facts.runtimes.push_back(runtime.id);
    facts.cases = cases.size();
    results_file_ = std::make_unique<report::ResultsFile>(options_.json, facts);
  }

  void RunAll(const std::vector<scenario::Case>& cases) {
    suite::Suite suite{world_.hosts,
                       world_.runtimes,
                       [this](const scenario::Case& c) { return SubjectOf(c); },
                       std::chrono::milliseconds(static_cast<int>(options_.deadline * 1000)),
                       static_cast<std::size_t>(options_.jobs) * 2,
                       options_.trust,
                       options_.isolate};
    report::Progress progress(cases.size(), report::Style(stderr));
    suite::RunCases(suite, cases, runner_, [&](verdict::Result result) {
      totals_.Add(result.judgement.verdict);
      if (results_file_) results_file_->Add(result);
      results_.push_back(std::move(result));
      progress.Done(totals_);
    });
    progress.Clear();
  }

  suite::Subject SubjectOf(const scenario::Case& c) const {
    if (own()) return own_->SubjectOf(c);
    suite::Subject subject;
    subject.file = store_.File(c.checkpoint);
    subject.missing = store_.Missing(c.checkpoint);
    if (subject.missing.empty()) {
      subject.reference = store_.ReferenceOf(c.checkpoint);
      suite::ReadMap(subject);
    }
    return subject;
  }

  ExitCode Report(const std::vector<scenario::Case>& cases) {
    const bool complete = results_.size() == cases.size();
    if (results_file_) results_file_->Finish(totals_, complete);
    if (!options_.junit.empty()) report::WriteJUnit(options_.junit, results_);
    const report::Style style(stdout);
    if (own()) {
      PrintGrids(style);
    } else {
      fmt::print("{}", report::ClaimsTable(Answers(), style));
    }
    fmt::print("\n{}", report::Findings(
                           results_, [this](const auto& result) { return Again(result); }, style));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    fmt::print("{}", report::Summary(totals_, seconds, style));
    if (!complete) {
      fmt::print(stderr, "portcullis: interrupted after {} of {} cases; the results so far {}\n",
                 results_.size(), cases.size(),
                 options_.json.empty() ? "are above" : "are kept and marked incomplete");
      return ExitCode::kCannotRun;
    }
    const bool bad = totals_.not_as_expected + totals_.errors > 0;
    return bad ? ExitCode::kFinding : ExitCode::kAsExpected;
  }

  // Only claims that some case of this run speaks to.
  std::vector<verdict::ClaimAnswer> Answers() const {
    std::vector<verdict::ClaimAnswer> answers;
    for (const auto& claim :
         verdict::ReadClaims(world_.installation.scenarios / "claims/claims.yaml")) {
      auto answer = verdict::AnswerClaim(claim, results_);
      const int cases = answer.confirming + answer.limiting + answer.refuting + answer.other +
                        answer.unexpected + answer.errors + answer.skipped;
      if (cases > 0) answers.push_back(std::move(answer));
    }
    return answers;
  }

  void PrintGrids(const report::Style& style) const {
    for (const std::string& file : options_.checkpoints) {
      std::vector<verdict::Result> mine;
      for (const auto& result : results_) {
        if (result.c.checkpoint == file) mine.push_back(result);
      }
      if (mine.empty()) continue;
      fmt::print("{}\n", style.Bold(own_->Headline(file)));
      fmt::print("{}\n", report::Grid(mine, style));
    }
  }

  // The command line that runs this one case again.
  std::string Again(const verdict::Result& result) const {
    std::string command = options_.trust ? "portcullis run --trust" : "portcullis run";
    if (own()) {
      return fmt::format("{} --checkpoint {} --host {} --runtime {} --strategy {}", command,
                         Quoted(result.c.checkpoint),
                         Quoted(scenario::HostAndMask(result.c.host, result.c.mask)),
                         result.c.runtime, Quoted(result.c.strategy.Text()));
    }
    for (const auto& scenario : options_.scenarios) command += " " + Quoted(scenario);
    return fmt::format("{} --filter {}", command, Quoted(result.c.id));
  }

  const Options& options_;
  World world_;
  suite::Store store_;
  runner::Runner runner_;
  std::unique_ptr<suite::OwnCheckpoints> own_;
  std::unique_ptr<report::ResultsFile> results_file_;
  std::vector<verdict::Result> results_;
  report::Totals totals_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace

Action DeclareRun(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("scenario", options->scenarios, "scenario files or folders (default: all)");
  command.add_option("--checkpoint", options->checkpoints,
                     "your own checkpoints, on the standard hosts with every strategy");
  // One word each, to be given several times: else a scenario behind it would be taken for a host.
  const auto add = [&](const char* name, std::vector<std::string>& words, const char* about) {
    command.add_option(name, words, about)->allow_extra_args(false)->type_name("TEXT");
  };
  add("--host", options->hosts, "only this host: 2xh200, 2xh200@1, 2xh200@empty (may repeat)");
  add("--runtime", options->runtimes, "only this runtime: python, cpp, cpp-cpu (may repeat)");
  add("--strategy", options->strategies, "only this strategy: map-location=cpu (may repeat)");
  add("--filter", options->filters,
      "only cases whose id is or contains this text; * stands for anything (may repeat)");
  command.add_option("-j,--jobs", options->jobs, "children at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--timeout", options->deadline, "seconds for one case")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  command.add_option("--json", options->json, "write results as NDJSON (header, cases, footer)");
  command.add_option("--junit", options->junit, "write results as JUnit XML");
  command.add_flag("--isolate", options->isolate,
                   "each case in a fresh process, not in a child of a warm loader");
  command.add_flag("--trust", options->trust,
                   "let the checkpoint run code: torch.load(weights_only=False)");
  return [options] { return Run(*options, World()).Perform(); };
}

}  // namespace portcullis::cli
