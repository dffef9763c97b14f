// Owns: portcullis agree.
#include "harness/hardware/agree.h"

#include <fmt/format.h>

#include <memory>
#include <thread>

#include "harness/hardware/agreement_text.h"
#include "harness/hardware/archive.h"
#include "harness/report/json_text.h"
#include "harness/report/whole_file.h"
#include "harness/suite/scratch.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string recording, json;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
};

ExitCode Agree(const Options& options) {
  const World world;
  runner::Runner runner(options.jobs);
  runner.StopOnSignals();
  const suite::ScratchFolder scratch;
  hardware::Recording recording =
      hardware::ReadRecording(hardware::FolderOf(options.recording, scratch.path(), runner));
  hardware::UnpackCheckpoints(recording, scratch.path(), runner);
  const hardware::Comparison comparison{
      world.hosts,     world.catalog,           world.runtimes,
      world.Cases({}), world.installation.made, static_cast<std::size_t>(options.jobs)};
  const auto agreement = hardware::HoldAgainst(recording, comparison, runner);
  if (runner.interrupted()) throw CannotRun("interrupted");
  if (!options.json.empty()) {
    report::WriteWholeFile(options.json,
                           report::JsonText(hardware::AgreementJson(agreement), 1) + "\n");
  }
  fmt::print("{}", hardware::AgreementText(recording, agreement, report::Style(stdout)));
  return agreement.Unexplained() == 0 ? ExitCode::kAsExpected : ExitCode::kFinding;
}

}  // namespace

Action DeclareAgree(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option("recording", options->recording,
                  "folder that portcullis calibrate wrote, or ci/calibrate's archive")
      ->required();
  command.add_option("--json", options->json, "write figures and differences as JSON");
  command.add_option("-j,--jobs", options->jobs, "children at once")->check(CLI::Range(1, 1024));
  return [options] { return Agree(*options); };
}

}  // namespace portcullis::cli
