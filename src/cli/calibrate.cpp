// Owns: portcullis calibrate.
#include "harness/hardware/calibrate.h"

#include <fmt/format.h>

#include <memory>
#include <thread>

#include "harness/suite/filter.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string out;
  std::vector<std::string> filters;
  std::uint64_t largest = std::uint64_t{8} << 30;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
};

// Damaged files are damaged on any hardware.
scenario::CaseList WholeFiles(const scenario::CaseList& cases) {
  scenario::CaseList whole;
  for (const scenario::Case& c : cases) {
    if (c.damage.empty()) whole.Add(c);
  }
  return whole;
}

ExitCode Calibrate(const Options& options) {
  const World world;
  runner::Runner runner(options.jobs);
  runner.StopOnSignals();
  hardware::Calibration calibration{
      world.hosts,
      world.catalog,
      world.runtimes,
      WholeFiles(suite::Filter(world.Cases({}), {{}, {}, {}, options.filters})),
      std::filesystem::absolute(options.out),
      world.installation.made,
      world.installation.transfers};
  calibration.largest_transfer = options.largest;
  calibration.version = world.installation.version;
  calibration.jobs = static_cast<std::size_t>(options.jobs);
  hardware::Calibrate(calibration, runner,
                      [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  fmt::print("{}\n", options.out);
  return ExitCode::kAsExpected;
}

}  // namespace

Action DeclareCalibrate(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("-o,--out", options->out, "new folder for the recording")->required();
  command.add_option("--filter", options->filters, "only cases whose id contains this text")
      ->allow_extra_args(false);
  command
      .add_option("--largest-transfer", options->largest,
                  "time transfers up to this size; 0: time none")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command.add_option("-j,--jobs", options->jobs, "children at once")->check(CLI::Range(1, 1024));
  return [options] { return Calibrate(*options); };
}

}  // namespace portcullis::cli
