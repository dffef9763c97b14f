// Owns: portcullis run: its options. What they lead to is session.cpp's.
#include <memory>

#include "src/cli/session.h"
#include "src/cli/subcommand.h"

namespace portcullis::cli {
namespace {

using Words = std::vector<std::string>;

// One word each, to be given several times: else a scenario behind it would be taken for a host.
void AddWords(CLI::App& command, const char* name, Words& words, const char* about) {
  command.add_option(name, words, about)->allow_extra_args(false)->type_name("TEXT");
}

void DeclareChoice(CLI::App& command, RunOptions& options) {
  command.add_option("scenario", options.scenarios, "scenario files or folders (default: all)");
  command.add_option("--checkpoint", options.checkpoints,
                     "your own checkpoints, on the standard hosts with every strategy");
  AddWords(
      command, "--host", options.hosts,
      "only this host: 2xh200, 2xh200@1, 2xh200@empty (may repeat); here: this machine's GPUs");
  AddWords(command, "--runtime", options.runtimes,
           "only this runtime: python, cpp, cpp-cpu (may repeat)");
  command
      .add_option("--torch", options.torch,
                  "the PyTorch version that python, cpp and cpp-cpu mean (list runtimes)")
      ->type_name("VERSION");
  AddWords(command, "--strategy", options.strategies,
           "only this strategy: map-location=cpu (may repeat)");
  AddWords(command, "--filter", options.filters,
           "only cases whose id is or contains this text; * stands for anything (may repeat)");
  command
      .add_option("--rerun-failed", options.rerun_failed,
                  "only cases that were not as expected, or errors, in this results file")
      ->type_name("FILE");
  command
      .add_option_function<std::string>(
          "--shard",
          [&options](const std::string& text) { options.shard = suite::ParseShard(text); },
          "only shard I of N; 'portcullis merge' joins their results")
      ->type_name("I/N");
}

void DeclareWay(CLI::App& command, RunOptions& options) {
  command.add_option("-j,--jobs", options.jobs, "children at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--timeout", options.deadline, "seconds for one case")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  command
      .add_option("--memory", options.memory_mib,
                  "memory for one case; what has more is killed (default: any)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30U))
      ->type_name("MIB");
  command.add_option("--open-files", options.open_files, "open files for one case")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30U))
      ->type_name("N");
  command
      .add_option("--repeat", options.repeat,
                  "run each case this often; one that goes differently is a finding")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      .add_option("--shuffle", options.shuffle,
                  "run in an order that depends on this number alone; reports keep theirs")
      ->type_name("SEED");
  command.add_flag("--fail-fast", options.fail_fast,
                   "after the first finding, begin no other case");
  command.add_flag("--isolate", options.isolate,
                   "each case in a fresh process, not in a child of a warm loader");
  command.add_flag("--trust", options.trust,
                   "let the checkpoint run code: torch.load(weights_only=False)");
}

}  // namespace

Action DeclareRun(CLI::App& command) {
  auto options = std::make_shared<RunOptions>();
  DeclareChoice(command, *options);
  DeclareWay(command, *options);
  command.add_option("--json", options->json, "write results as NDJSON (header, cases, footer)");
  command.add_option("--junit", options->junit, "write results as JUnit XML");
  return [options] { return Session(*options, World(options->torch)).Perform(); };
}

}  // namespace portcullis::cli
