// Owns: portcullis explain.
#include "harness/repro/explain.h"

#include <fmt/format.h>

#include <memory>

#include "harness/suite/installation.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string file;
  suite::Question question;
};

ExitCode Explain(Options options) {
  auto& question = options.question;
  if (question.hosts.empty()) question.hosts = {"no-driver", "2xh200@empty", "1xh200"};
  question.strategies = {"as-saved", "map-location=cpu"};
  const suite::Policy policy;
  const suite::Checker checker(question, policy,
                               host::HostLibrary(suite::FindInstallation().hosts));
  const auto checked = checker.Check(options.file);
  fmt::print("{}", repro::Explain(checked, report::Style(stdout)));
  if (!checked.map) return checked.IsForeign() ? ExitCode::kWrongUse : ExitCode::kFinding;
  // That a plain load fails somewhere is a finding.
  for (const auto& forecast : checked.forecasts) {
    if (forecast.strategy == "as-saved" && !forecast.prediction.loads) return ExitCode::kFinding;
  }
  return ExitCode::kAsExpected;
}

}  // namespace

Action DeclareExplain(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("file", options->file, "a checkpoint")->required();
  command.add_option("--host", options->question.hosts,
                     "hosts, as 2xh200@1 (default: no-driver, 2xh200@empty, 1xh200)");
  command
      .add_option("--runtime", options->question.runtimes,
                  "python, cpp or cpp-cpu (default: python)")
      ->expected(1);
  command.add_flag("--trust", options->question.trust, "as torch.load(weights_only=False)");
  return [options] { return Explain(*options); };
}

}  // namespace portcullis::cli
