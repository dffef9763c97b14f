// Owns: portcullis trace.
#include "harness/report/trace.h"

#include <fmt/format.h>

#include <memory>

#include "src/cli/one_case.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string what;
  std::vector<std::string> scenarios;
  bool json = false;
};

void Print(const host::FlightLog& log, bool json) {
  fmt::print("{}", json ? report::TraceJson(log) : report::TraceText(log, report::Style(stdout)));
}

ExitCode Trace(const Options& options) {
  if (host::IsFlightRecord(options.what)) {
    Print(host::ReadLogOf(options.what), options.json);
    return ExitCode::kAsExpected;
  }
  const World world;
  const verdict::Result result =
      RunOne(world, FindCase(world, options.scenarios, options.what, "a flight record nor a case"));
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
