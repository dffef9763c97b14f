// Owns: portcullis exec.
#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <memory>

#include "harness/host/fault_text.h"
#include "harness/live/live.h"
#include "harness/report/flight.h"
#include "harness/scenario/case.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

struct Options {
  std::string host, mask, record;
  int cuda = 0;
  bool compute = false, summary = false, mask_is_said = false;
  std::vector<std::string> faults;
  std::vector<std::string> command;  // for the help only
};

// The words behind the first '--', as they were typed: CLI11 would take '[a,b]' for a list.
std::vector<std::string> CommandBehindDashes() {
  std::vector<std::string> words = Arguments();
  words.erase(words.begin(), std::find(words.begin(), words.end(), "--"));
  if (words.size() < 2) {
    throw UsageError(
        "found no command, expected one behind '--', as in 'portcullis exec --host 2xh200 -- "
        "python train.py'");
  }
  words.erase(words.begin());
  return words;
}

live::Wish WishOf(const Options& options, const World& world) {
  live::Wish wish;
  const auto [name, mask] = scenario::ParseHostAndMask(options.host);
  wish.host = world.hosts.Find(name);
  for (const std::string& fault : options.faults) {
    wish.host.faults.push_back(host::ParseFault(fault));
  }
  wish.mask_is_said = options.mask_is_said || mask.value;
  wish.mask = options.mask_is_said ? host::Mask::FromText(options.mask) : mask;
  wish.cuda = options.cuda;
  wish.compute = options.compute;
  wish.record = options.record;
  wish.command = CommandBehindDashes();
  return wish;
}

void Say(const std::string& line) { fmt::print(stderr, "portcullis: {}\n", line); }

void SayHowItEnded(const std::string& command, const live::Ended& ended) {
  if (ended.not_started) {
    Say(fmt::format("cannot run '{}': {}", command, strerrordesc_np(*ended.not_started)));
  } else if (ended.signal) {
    Say(fmt::format("'{}' was ended by signal {} (SIG{}: {})", command, *ended.signal,
                    sigabbrev_np(*ended.signal), sigdescr_np(*ended.signal)));
  }
}

ExitCode Exec(const Options& options) {
  const World world;
  if (world.runtimes.empty()) {
    throw CannotRun(fmt::format("no stand-in libraries: {} is not there; ci/gate builds them",
                                world.installation.runtimes.string()));
  }
  const live::Wish wish = WishOf(options, world);
  const live::Lived lived = live::Live(wish, world.runtimes, world.installation, Say);
  SayHowItEnded(wish.command.front(), lived.ended);
  if (options.summary) {
    fmt::print(stderr, "{}",
               report::FlightSummary(wish.host, lived.flight, lived.standins.about,
                                     report::Style(stderr)));
  }
  return static_cast<ExitCode>(live::StatusOf(lived.ended));
}

}  // namespace

Action DeclareExec(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("--host", options->host, "a host, as 2xh200, 2xh200@1 or ./mine.yaml")
      ->required()
      ->type_name("TEXT");
  CLI::Option* mask =
      command.add_option("--mask", options->mask,
                         "CUDA_VISIBLE_DEVICES: a value, unset or empty (default: the host's, else "
                         "the caller's own)");
  command
      .add_option("--fault", options->faults,
                  "something that goes wrong: oom@malloc:2, flip@h2d:1, kill@copy:3 (may repeat)")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  command
      .add_option("--cuda", options->cuda,
                  "CUDA of the stand-in libraries (default: that of the PyTorch or the program)")
      ->check(CLI::IsMember({12, 13}));
  command.add_option("--record", options->record,
                     "keep the flight record in this file, for 'portcullis trace'");
  command.add_flag("--compute", options->compute,
                   "let PyTorch's operators compute, with the CPU's kernels (docs/COMPUTING.md)");
  command.add_flag("--summary", options->summary,
                   "say on standard error what the simulated GPUs did");
  command.add_option("command", options->command, "behind --: the program and its arguments")
      ->type_name("-- COMMAND");
  command.footer(
      "The exit code is the command's own; 128 + n if signal n ended it, 127 if there is\n"
      "no such program, 126 if it cannot be executed. 2 and 3 are ours only with a\n"
      "message that begins with 'portcullis:'.");
  return [options, mask] {
    options->mask_is_said = mask->count() > 0;
    return Exec(*options);
  };
}

}  // namespace portcullis::cli
