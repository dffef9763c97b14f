// Owns: portcullis retag.
#include "harness/report/retag.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/suite/retag.h"
#include "src/checkpoint/printable.h"
#include "src/cli/print_error.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  suite::RetagRequest request;
  bool json = false;
};

void PrintErrors(const suite::RetaggedSet& done) {
  for (const suite::Retagged& file : done.files) {
    if (!file.error.empty()) PrintError(file.error);
  }
  if (done.left_alone && done.files.size() > 1) {
    PrintError(fmt::format("{}: none of its files was changed: they are all or not at all",
                           checkpoint::Printable(done.named.string())));
  }
}

ExitCode Retag(const Options& options) {
  const report::Style style(stdout);
  const suite::RetagRun run(options.request);
  ExitCode worst = ExitCode::kAsExpected;
  for (const suite::RetagSet& set : run.Sets(options.files)) {
    const suite::RetaggedSet done = run.Do(set);
    worst = std::max(worst, done.code);
    if (options.json) {
      fmt::print("{}", report::RetaggedLines(done));
      continue;
    }
    fmt::print("{}", report::RetaggedText(done, style));
    PrintErrors(done);
  }
  return worst;
}

}  // namespace

Action DeclareRetag(CLI::App& command) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  command.add_option("file", options->files, "checkpoints, or indices of their shards")->required();
  auto* to = command.add_option("--to", request.to, "tag everything with this device");
  auto* map =
      command.add_option("--map", request.pairs, "change one tag, as cuda:1=cuda:0; repeatable")
          ->excludes(to)
          ->allow_extra_args(false);
  auto* undo = command.add_flag("--undo", request.undo, "give the files their old bytes back");
  undo->excludes(to)->excludes(map);
  auto* out = command.add_option("-o,--output", request.out,
                                 "write a new file; a folder, if there are several");
  auto* in_place = command.add_flag("--in-place", request.in_place, "change the files themselves");
  out->excludes(in_place)->excludes(undo);
  command.add_flag("-f,--force", request.force, "replace a file that is there")->needs(out);
  command.add_flag("--dry-run", request.dry_run, "only show what would change");
  command.add_flag("--code", request.code, "also device literals in TorchScript code");
  command.add_flag("--json", options->json, "one JSON object a file");
  return [options] { return Retag(*options); };
}

}  // namespace portcullis::cli
