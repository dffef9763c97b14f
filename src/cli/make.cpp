// Owns: portcullis make.
#include <fmt/format.h>

#include <memory>
#include <thread>

#include "harness/runner/runner.h"
#include "harness/suite/store.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> names;
  bool again = false;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
};

ExitCode Make(const Options& options) {
  const World world;
  suite::Store store(world.installation.made, world.catalog, world.hosts, world.runtimes);
  runner::Runner runner(options.jobs);
  runner.StopOnSignals();
  const auto names = options.names.empty() ? world.catalog.Names() : options.names;
  store.Make(names, options.again, runner,
             [](const std::string& name) { fmt::print(stderr, "made {}\n", name); });
  if (runner.interrupted()) throw CannotRun("interrupted; what was made is kept");
  ExitCode code = ExitCode::kAsExpected;
  for (const std::string& name : names) {
    if (const std::string missing = store.Missing(name); !missing.empty()) {
      fmt::print(stderr, "portcullis: {}\n", missing);
      code = ExitCode::kCannotRun;
      continue;
    }
    fmt::print("{}\n", store.File(name).string());
  }
  return code;
}

}  // namespace

Action DeclareMake(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("checkpoint", options->names, "names (default: all)");
  command.add_flag("--again", options->again, "also those that are there");
  command.add_option("-j,--jobs", options->jobs, "children at once")->check(CLI::Range(1, 1024));
  return [options] { return Make(*options); };
}

}  // namespace portcullis::cli
