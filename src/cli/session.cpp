#include "src/cli/session.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/hardware/machine.h"
#include "harness/hardware/stage.h"
#include "harness/report/results_reader.h"
#include "harness/suite/filter.h"
#include "src/base/names.h"
#include "src/base/quote.h"

namespace portcullis::cli {
Session::Session(const RunOptions& options, World world)
    : options_(options),
      world_(std::move(world)),
      store_(world_.installation.made, world_.catalog, world_.hosts, world_.makers),
      damaged_(store_, world_.damages, world_.installation.damages / "damage.py", world_.makers),
      runner_(options.jobs),
      claims_(verdict::ReadClaims(world_.installation.scenarios / "claims/claims.yaml")),
      findings_([this](const verdict::Result& result) { return Again(result); },
                report::Style(stdout)) {
  runner_.StopOnSignals();
}

ExitCode Session::Perform() {
  world_.RequireLoader();
  FindHere();
  const auto list = Listed();
  world_.MakeRuntimesFor(list, own());
  const auto cases = suite::CasesOf(options_.shard, list);
  planned_ = cases.size();
  MakeCheckpoints(cases);
  OpenReports(list);
  if (own()) cells_.resize(planned_);
  RunAll(cases);
  return Report(cases);
}

// With --host here, what this machine is. Scenarios then run on it alone; somebody's own
// checkpoints also on the other hosts that are named.
void Session::FindHere() {
  const auto named = [](const std::string& host) {
    return scenario::ParseHostAndMask(host).first == hardware::kHere;
  };
  if (std::none_of(options_.hosts.begin(), options_.hosts.end(), named)) return;
  if (!own() && options_.hosts.size() > 1) {
    throw UsageError("--host here runs all scenarios on this machine: found another --host too");
  }
  const host::Runtime* runtime = hardware::RuntimeThatAsks(world_.runtimes);
  here_ = hardware::HostHere(*runtime, runner_);
  fmt::print(stderr, "{}\n", here_->about);
}

suite::Stage Session::StageOf(const scenario::Case& c, const host::Runtime& runtime) const {
  if (here_ && (!own() || c.host == hardware::kHere)) {
    return hardware::OnMachine(*here_, world_.hosts)(c, runtime);
  }
  return suite::DeclaredStage(world_.hosts, c);
}

// A name that no host, runtime or strategy has is a typing mistake, not an empty choice.
void Session::CheckNames() const {
  for (const auto& name : options_.hosts) {
    const std::string host = scenario::ParseHostAndMask(name).first;
    if (host != hardware::kHere) static_cast<void>(world_.hosts.Find(host));
  }
  const auto runtimes = world_.KnownNames().runtimes;
  for (const auto& name : options_.runtimes) {
    if (std::find(runtimes.begin(), runtimes.end(), name) == runtimes.end()) {
      throw UsageError(UnknownName("runtime", name, runtimes));
    }
  }
  for (const auto& text : options_.strategies) {
    const auto table = portability::StrategyTable();
    const bool is_name =
        std::any_of(table.begin(), table.end(), [&](const auto& row) { return row.name == text; });
    if (!is_name || own()) static_cast<void>(portability::ParseStrategy(text));
  }
}

// All that the scenarios or the checkpoints have.
scenario::CaseList Session::Named() {
  CheckNames();
  if (!own()) return world_.Cases(options_.scenarios);
  own_ = std::make_unique<suite::OwnCheckpoints>(options_.checkpoints, world_.hosts,
                                                 world_.runtimes, options_.trust, runner_);
  return own_->Cases(options_.hosts, options_.runtimes, options_.strategies);
}

// Of those, what the options choose.
scenario::CaseList Session::Listed() {
  auto cases = Named();
  const bool none_failed = !options_.rerun_failed.empty() && !KeepFailed(cases);
  if (!own()) {
    cases = suite::Filter(cases, {here_ ? std::vector<std::string>{} : options_.hosts,
                                  options_.runtimes,
                                  options_.strategies,
                                  {}});
  }
  cases = suite::Filter(cases, {{}, {}, {}, options_.filters});
  if (cases.empty() && !none_failed) {
    throw UsageError("no case fits; 'portcullis list cases' lists them all");
  }
  return cases;
}

// False if none failed.
bool Session::KeepFailed(scenario::CaseList& cases) const {
  const std::string& file = options_.rerun_failed;
  const auto failed = report::FailedCases(file);
  std::set<std::string> left(failed.begin(), failed.end());
  scenario::CaseList again;
  for (const scenario::Case& c : cases) {
    if (left.erase(c.id) > 0) again.Add(c);
  }
  cases = std::move(again);
  if (!left.empty()) {
    throw UsageError(fmt::format(
        "{}: the case {} failed there and is not among these; name the scenarios or checkpoints "
        "of that run",
        file, *left.begin()));
  }
  if (failed.empty()) fmt::print(stderr, "{}: no case failed there\n", file);
  return !failed.empty();
}

void Session::MakeCheckpoints(const scenario::CaseList& cases) {
  if (own()) return;
  std::vector<std::string> names;
  for (const auto& c : cases) {
    if (std::find(names.begin(), names.end(), c.checkpoint) == names.end()) {
      names.push_back(c.checkpoint);
    }
  }
  store_.Make(names, false, runner_,
              [](const std::string& name) { fmt::print(stderr, "made checkpoint {}\n", name); });
  std::set<std::pair<std::string, std::string>> copies;
  for (const auto& c : cases) {
    if (!c.damage.empty()) copies.emplace(c.checkpoint, c.damage);
  }
  damaged_.Make(copies, runner_);
  if (runner_.interrupted()) throw CannotRun("interrupted while making checkpoints");
}

void Session::OpenReports(const scenario::CaseList& list) {
  if (!options_.junit.empty()) {
    junit_file_ = std::make_unique<report::JUnitFile>(options_.junit, planned_);
  }
  if (options_.json.empty()) return;
  report::RunFacts facts;
  facts.version = world_.installation.version;
  facts.started = fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::now()));
  facts.arguments = Arguments();
  for (const auto& runtime : world_.runtimes) facts.runtimes.push_back(runtime.id);
  facts.cases = planned_;
  facts.list_cases = list.size();
  facts.list_sha256 = suite::DigestOf(list);
  facts.shard = options_.shard;
  facts.repeat = options_.repeat;
  facts.shuffle = options_.shuffle;
  results_file_ = std::make_unique<report::ResultsFile>(options_.json, facts);
}

void Session::RunAll(const scenario::CaseList& cases) {
  suite::Suite suite{
      world_.hosts,
      world_.runtimes,
      [this](const scenario::Case& c) { return SubjectOf(c); },
      std::chrono::milliseconds(static_cast<int>(options_.deadline * 1000)),
      static_cast<std::size_t>(options_.jobs),
      options_.trust,
      options_.isolate,
      options_.fail_fast,
      options_.repeat,
      options_.shuffle,
      {options_.memory_mib ? std::optional(*options_.memory_mib << 20U) : std::nullopt,
       options_.open_files},
      [this](const scenario::Case& c, const host::Runtime& runtime) {
        return StageOf(c, runtime);
      }};
  report::Progress progress(cases.size(), report::Style(stderr));
  suite::RunCases(suite, cases, runner_, [&](std::size_t number, const verdict::Result& result) {
    Take(number, result);
    progress.Done(totals_);
  });
  progress.Clear();
}

// Of a result stays what the reports need, most of it on disk.
void Session::Take(std::size_t number, const verdict::Result& result) {
  totals_.Add(result.judgement.verdict);
  if (results_file_) results_file_->Add(number, result);
  if (junit_file_) junit_file_->Add(number, result);
  findings_.Add(number, result);
  claims_.Add(result);
  if (!own()) return;
  cells_[number].outcome = result.observation.outcome;
  cells_[number].verdict = result.judgement.verdict;
}

suite::Subject Session::SubjectOf(const scenario::Case& c) const {
  if (own()) return own_->SubjectOf(c);
  return damaged_.SubjectOf(c.checkpoint, c.damage);
}

ExitCode Session::Report(const scenario::CaseList& cases) {
  const bool complete = totals_.All() == planned_;
  if (results_file_) results_file_->Finish(totals_, complete);
  if (junit_file_) junit_file_->Finish();
  const report::Style style(stdout);
  if (own()) {
    PrintGrids(cases, style);
  } else {
    fmt::print("{}", report::ClaimsTable(claims_.SpokenTo(), style));
  }
  fmt::print("\n{}", findings_.Text());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  fmt::print("{}", report::Summary(totals_, seconds, style));
  const bool bad = totals_.not_as_expected + totals_.errors > 0;
  if (!complete) SayWhatIsMissing();
  if (runner_.interrupted()) return ExitCode::kCannotRun;
  return bad ? ExitCode::kFinding : ExitCode::kAsExpected;
}

void Session::SayWhatIsMissing() const {
  fmt::print(stderr, "portcullis: {} after {} of {} cases; the results so far {}\n",
             runner_.interrupted() ? "interrupted" : "stopped at the first finding (--fail-fast)",
             totals_.All(), planned_,
             options_.json.empty() ? "are above" : "are kept and marked incomplete");
}

// The cases of one checkpoint stand together.
void Session::PrintGrids(const scenario::CaseList& cases, const report::Style& style) const {
  for (std::size_t from = 0; from < cases.size();) {
    std::vector<scenario::Case> mine = {cases.At(from)};
    for (std::size_t next = from + 1; next < cases.size(); ++next) {
      mine.push_back(cases.At(next));
      if (mine.back().checkpoint == mine.front().checkpoint) continue;
      mine.pop_back();
      break;
    }
    std::vector<report::Cell> cells;
    for (const auto& c : mine) {
      cells.push_back(
          {&c, cells_[from + cells.size()].outcome, cells_[from + cells.size()].verdict});
    }
    fmt::print("{}\n", style.Bold(own_->Headline(mine.front().checkpoint)));
    if (const auto& why = own_->Unknown(mine.front().checkpoint); !why.empty()) {
      for (const auto& line : report::Wrap("tensors are not compared: " + why, style.width())) {
        fmt::print("{}\n", line);
      }
    }
    fmt::print("{}\n", report::Grid(cells, style));
    from += mine.size();
  }
}

// The command line that runs this one case again.
std::string Session::Again(const verdict::Result& result) const {
  std::string command = options_.trust ? "portcullis run --trust" : "portcullis run";
  if (!options_.torch.empty()) command += " --torch " + options_.torch;
  if (own()) {
    return fmt::format("{} --checkpoint {} --host {} --runtime {} --strategy {}", command,
                       Quoted(result.c.checkpoint),
                       Quoted(scenario::HostAndMask(result.c.host, result.c.mask)),
                       result.c.runtime, Quoted(result.c.strategy.Text()));
  }
  for (const auto& scenario : options_.scenarios) command += " " + Quoted(scenario);
  if (here_) command += " --host here";
  return fmt::format("{} --filter {}", command, Quoted(result.c.id));
}

}  // namespace portcullis::cli
