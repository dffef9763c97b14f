// Owns: portcullis trace.
#include "harness/report/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "harness/runner/runner.h"
#include "harness/suite/damaged.h"
#include "harness/suite/filter.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string what;
  std::vector<std::string> scenarios;
  bool json = false;
};

// The one case of that id, or whose id is the only one to contain the text.
scenario::Case FindCase(const World& world, const Options& options) {
  const auto cases = suite::Filter(world.Cases(options.scenarios), {{}, {}, {}, {options.what}});
  if (cases.size() == 1) return cases.At(0);
  if (cases.empty()) {
    throw UsageError(
        fmt::format("'{}' is neither a flight record nor a case; 'portcullis list "
                    "cases' lists them all",
                    options.what));
  }
  throw UsageError(fmt::format("{} cases fit '{}', expected one; among them\n  {}\n  {}",
                               cases.size(), options.what, cases.At(0).id, cases.At(1).id));
}

verdict::Result RunOne(const World& world, const scenario::Case& c) {
  runner::Runner runner(1);
  runner.StopOnSignals();
  suite::Store store(world.installation.made, world.catalog, world.hosts, world.runtimes);
  suite::Damaged damaged(store, world.damages, world.installation.damages / "damage.py",
                         world.runtimes);
  store.Make({c.checkpoint}, false, runner, [](const std::string&) {});
  if (!c.damage.empty()) damaged.Make({{c.checkpoint, c.damage}}, runner);
  suite::Suite one{world.hosts, world.runtimes, [&](const scenario::Case& asked) {
                     return damaged.SubjectOf(asked.checkpoint, asked.damage);
                   }};
  one.isolate = true;
  one.keep_calls = true;
  const auto results = suite::ResultsOf(one, std::vector{c}, runner);
  if (runner.interrupted() || results.empty()) throw CannotRun("interrupted");
  const verdict::Result& result = results.front();
  if (result.judgement.verdict == verdict::Verdict::kSkipped) {
    throw CannotRun(fmt::format("{}: {}", c.id, result.judgement.reason));
  }
  return result;
}

void Print(const host::FlightLog& log, bool json) {
  fmt::print("{}", json ? report::TraceJson(log) : report::TraceText(log, report::Style(stdout)));
}

ExitCode Trace(const Options& options) {
  if (host::IsFlightRecord(options.what)) {
    Print(host::ReadLogOf(options.what), options.json);
    return ExitCode::kAsExpected;
  }
  const World world;
  const verdict::Result result = RunOne(world, FindCase(world, options));
  Print(result.observation.calls, options.json);
  if (!options.json) fmt::print("{}: {}\n", result.c.id, result.observation.Text());
  const bool good = result.judgement.verdict == verdict::Verdict::kAsExpected;
  for (const std::string& difference : result.judgement.differences) {
    fmt::print(stderr, "portcullis: not as expected: {}\n", difference);
  }
  return good ? ExitCode::kAsExpected : ExitCode::kFinding;
}

}  // namespace

Action DeclareTrace(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option("what", options->what,
                  "a case by its id, or a flight record of 'portcullis exec --record'")
      ->required();
  command.add_option("--scenario", options->scenarios,
                     "scenario files or folders that hold the case (default: all)");
  command.add_flag("--json", options->json, "one JSON object a call");
  return [options] { return Trace(*options); };
}

}  // namespace portcullis::cli
