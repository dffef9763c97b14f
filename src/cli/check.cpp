// Owns: portcullis check.
#include "harness/suite/check.h"

#include <fmt/format.h>

#include <memory>

#include "harness/report/device_map.h"
#include "harness/report/whole_file.h"
#include "harness/suite/installation.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  suite::Question question;
  std::string json;
};

ExitCode Check(const Options& options) {
  const suite::Checker checker(options.question,
                               host::HostLibrary(suite::FindInstallation().hosts));
  const report::Style style(stdout);
  std::string json;
  std::size_t loads = 0;
  std::size_t fails = 0;
  std::size_t foreign = 0;
  bool named_foreign = false;
  for (const auto& file : suite::FilesBelow(options.paths)) {
    const auto checked = checker.Check(file);
    const bool named =
        std::find(options.paths.begin(), options.paths.end(), file) != options.paths.end();
    if (checked.foreign && !named) {  // a folder holds other things too
      ++foreign;
      continue;
    }
    named_foreign = named_foreign || checked.foreign;
    ++(checked.Loads() ? loads : fails);
    fmt::print("{}", report::CheckedText(checked, style));
    if (!options.json.empty()) json += report::CheckedJson(checked).dump() + "\n";
  }
  if (!options.json.empty()) report::WriteWholeFile(options.json, json);
  fmt::print("{} checkpoints: {} load, {} do not{}\n", loads + fails, loads, fails,
             foreign == 0 ? "" : fmt::format("; {} files are no checkpoints", foreign));
  if (named_foreign) return ExitCode::kWrongUse;
  return fails > 0 ? ExitCode::kFinding : ExitCode::kAsExpected;
}

}  // namespace

Action DeclareCheck(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("path", options->paths, "checkpoints, or folders of them")->required();
  command.add_option("--host", options->question.hosts, "hosts, as 2xh200@1 (default: no-driver)");
  command.add_option("--runtime", options->question.runtimes,
                     "python, cpp, cpp-cpu (default: python)");
  command.add_option("--strategy", options->question.strategies,
                     "ways to load (default: as-saved)");
  command.add_flag("--trust", options->question.trust, "as torch.load(weights_only=False)");
  command.add_option("--json", options->json, "write one JSON line a file");
  return [options] { return Check(*options); };
}

}  // namespace portcullis::cli
