// Owns: portcullis merge.
#include "harness/report/merge.h"

#include <fmt/format.h>

#include <memory>

#include "harness/report/terminal.h"
#include "src/base/error.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string out;
};

ExitCode Merge(const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  const report::Totals totals = report::MergeResults(options.files, options.out, Arguments());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{}: {} shards, {}", options.out, options.files.size(),
             report::Summary(totals, seconds, report::Style(stdout)));
  const bool bad = totals.not_as_expected + totals.errors > 0;
  return bad ? ExitCode::kFinding : ExitCode::kAsExpected;
}

}  // namespace

Action DeclareMerge(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option("results", options->files,
                  "the results files of every shard of one run (--shard), in any order")
      ->required()
      ->type_name("FILE");
  command.add_option("-o,--output", options->out, "the results of the whole list, as NDJSON")
      ->required()
      ->type_name("FILE");
  return [options] { return Merge(*options); };
}

}  // namespace portcullis::cli
