// Owns: portcullis inspect.
#include <fmt/format.h>

#include <memory>

#include "harness/report/device_map.h"
#include "harness/report/json_text.h"
#include "src/checkpoint/read.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
};

ExitCode Inspect(const Options& options) {
  const report::Style style(stdout);
  for (const std::string& file : options.files) {
    const auto map = checkpoint::ReadDeviceMap(file);
    if (options.json) {
      fmt::print("{}", report::LineOf(report::DeviceMapJson(map)));
    } else {
      fmt::print("{}", report::DeviceMapTable(map, style));
    }
  }
  return ExitCode::kAsExpected;
}

}  // namespace

Action DeclareInspect(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("file", options->files, "checkpoints")->required();
  command.add_flag("--json", options->json, "one JSON object a file");
  return [options] { return Inspect(*options); };
}

}  // namespace portcullis::cli
