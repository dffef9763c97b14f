// Owns: portcullis check.
#include "harness/suite/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "harness/report/check_report.h"
#include "harness/report/check_text.h"
#include "harness/report/whole_file.h"
#include "harness/runner/runner.h"
#include "harness/suite/check_files.h"
#include "harness/suite/confirm.h"
#include "harness/suite/installation.h"
#include "src/checkpoint/printable.h"
#include "src/cli/subcommand.h"
#include "src/cli/world.h"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> paths;
  suite::Question question;
  std::string policy;
  bool no_policy = false;
  bool confirm = false;
  bool quiet = false;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> reports;  // a file for each row of CheckFormats(); "" for none
};

// Two reports on standard output would be none.
void RequireOneStandardOutput(const Options& options) {
  const auto formats = report::CheckFormats();
  std::vector<std::string> there;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (options.reports[i] == "-") there.push_back(fmt::format("--{} -", formats[i].name));
  }
  if (there.size() < 2) return;
  throw UsageError(
      fmt::format("found {}, expected one report on standard output\n"
                  "  next: give the others a file",
                  fmt::join(there, " and ")));
}

// One check from its files to its reports.
class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        installation_(suite::FindInstallation()),
        hosts_(installation_.hosts),
        checkers_(Asked(), Policies(), hosts_) {}

  ExitCode Perform() {
    const auto files = suite::FilesOf(options_.paths);
    NoteFolders();
    std::vector<const suite::Checker*> checkers;
    for (const auto& file : files) checkers.push_back(&checkers_.Of(file.path));
    if (options_.confirm) StartRunner();
    report::FileProgress progress(files.size(), report::Style(stderr));
    std::size_t next = 0;
    suite::CheckInOrder(
        files.size(), options_.jobs, [&](std::size_t i) { return checkers[i]->Check(files[i]); },
        [&](suite::Checked checked) {
          const std::size_t i = next++;
          progress.Done();
          Take({std::move(checked), files[i].named, checkers[i]}, progress);
        });
    ProveHeld(progress);
    progress.Clear();
    return Report();
  }

 private:
  // Checkpoints are proven together, as many as this.
  static constexpr std::size_t kMostHeld = 256;
  static constexpr std::size_t kMostTensorsHeld = 100'000;
  struct Held {
    suite::Checked checked;
    bool named;
    const suite::Checker* checker;
  };

  suite::Question Asked() const {
    suite::Question asked = options_.question;
    asked.hosts = suite::SplitNames(asked.hosts);
    asked.runtimes = suite::SplitNames(asked.runtimes);
    asked.strategies = suite::SplitStrategies(asked.strategies);
    return asked;
  }

  suite::Policies Policies() const {
    suite::NameChecks checks;
    checks.host = [this](const std::string& text) {
      static_cast<void>(hosts_.Find(scenario::ParseHostAndMask(text).first));
    };
    checks.runtime = suite::CheckRuntimeName;
    if (!options_.policy.empty()) return {checks, options_.policy, true};
    return {checks, std::nullopt, !options_.no_policy};
  }

  void StartRunner() {
    world_.emplace();
    world_->RequireLoader();
    runner_.emplace(static_cast<int>(options_.jobs));
    runner_->StopOnSignals();
    confirmer_.emplace(world_->hosts, world_->runtimes, *runner_, options_.jobs);
  }

  // Folders that were named, until a checkpoint is found in them.
  void NoteFolders() {
    for (const std::string& path : options_.paths) {
      std::error_code error;
      const bool others_are_fine = checkers_.Of(fs::path(path) / "").question().leave_others;
      if (fs::is_directory(path, error) && !others_are_fine) bare_folders_.insert(path);
    }
  }

  void Take(Held held, report::FileProgress& progress) {
    held.named = held.named && !held.checker->question().leave_others;
    if (held.checked.IsForeign() && !held.named) {  // a folder holds other things too
      ++report_.totals.others;
      return;
    }
    std::erase_if(bare_folders_, [&](const fs::path& folder) {
      const fs::path below = held.checked.file.lexically_relative(folder);
      return !below.empty() && *below.begin() != "..";
    });
    if (!confirmer_) return Tell(std::move(held), progress);
    held_tensors_ += held.checked.map ? held.checked.map->tensors : 0;
    held_.push_back(std::move(held));
    if (held_.size() == kMostHeld || held_tensors_ > kMostTensorsHeld) ProveHeld(progress);
  }

  // Loads together what was asked about in the same way, and tells all in order.
  void ProveHeld(report::FileProgress& progress) {
    std::map<const suite::Checker*, std::vector<suite::Checked*>> together;
    for (Held& held : held_) together[held.checker].push_back(&held.checked);
    for (const auto& [checker, checked] : together) {
      confirmer_->Confirm(checked, checker->question());
    }
    for (Held& held : held_) Tell(std::move(held), progress);
    held_.clear();
    held_tensors_ = 0;
  }

  void Tell(Held held, report::FileProgress& progress) {
    suite::Checked& checked = held.checked;
    const bool no_file = checked.IsForeign() || checked.problem == checkpoint::Problem::kUnreadable;
    wrong_use_ = wrong_use_ || (no_file && held.named);
    report_.totals.Add(checked);
    if (!WantsStandardOutput() && !(options_.quiet && checked.findings.empty())) {
      progress.Clear();
      fmt::print("{}", report::CheckedText(checked, style_));
    }
    if (WantsReport()) report_.checked.push_back(std::move(checked));
  }

  bool WantsReport() const {
    return std::any_of(options_.reports.begin(), options_.reports.end(),
                       [](const std::string& file) { return !file.empty(); });
  }
  // A report to "-" takes the place of the text.
  bool WantsStandardOutput() const {
    return std::find(options_.reports.begin(), options_.reports.end(), "-") !=
           options_.reports.end();
  }

  ExitCode Report() {
    report_.version = installation_.version;
    const auto formats = report::CheckFormats();
    for (std::size_t i = 0; i < formats.size(); ++i) {
      if (options_.reports[i].empty()) continue;
      const std::string text = formats[i].write(report_);
      if (options_.reports[i] == "-") {
        fmt::print("{}", text);
      } else {
        report::WriteWholeFile(options_.reports[i], text);
      }
    }
    if (!WantsStandardOutput()) {
      fmt::print("{}{}\n", report::CheckSummary(report_.totals),
                 confirmer_ ? fmt::format("; {} loads as predicted", confirmer_->confirmed()) : "");
    }
    for (const fs::path& folder : bare_folders_) {
      fmt::print(stderr,
                 "portcullis: {}: found no checkpoint in this folder, expected one\n"
                 "  next: name another folder, or say --leave-others if there may be none\n",
                 checkpoint::Printable(folder.string()));
    }
    if (wrong_use_ || !bare_folders_.empty()) return ExitCode::kWrongUse;
    return report_.totals.fail > 0 ? ExitCode::kFinding : ExitCode::kAsExpected;
  }

  const Options& options_;
  suite::Installation installation_;
  host::HostLibrary hosts_;
  suite::Checkers checkers_;
  std::optional<World> world_;  // with --confirm
  std::optional<runner::Runner> runner_;
  std::optional<suite::Confirmer> confirmer_;
  report::CheckReport report_;
  report::Style style_{stdout};
  std::vector<Held> held_;  // with --confirm: until they are proven
  std::size_t held_tensors_ = 0;
  std::set<fs::path> bare_folders_;
  bool wrong_use_ = false;
};

}  // namespace

Action DeclareCheck(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option("path", options->paths,
                  "checkpoints, folders of them, or patterns: 'runs/**/*.pt'")
      ->required();
  // One word each, to be given several times: else a file behind it would be taken for a host.
  const auto add = [&](const char* name, std::vector<std::string>& words, const char* about) {
    command.add_option(name, words, about)->allow_extra_args(false)->type_name("A,B");
  };
  add("--host,--hosts", options->question.hosts, "hosts, as 2xh200@1 (default: no-driver)");
  add("--runtime,--runtimes", options->question.runtimes,
      "python, cpp, cpp-cpu, or of a version: python-2.6.0 (default: python)");
  add("--strategy,--strategies", options->question.strategies, "ways to load (default: as-saved)");
  command.add_flag("--trust", options->question.trust, "as torch.load(weights_only=False)");
  command.add_flag("--leave-others", options->question.leave_others,
                   "named files that are no checkpoints are no mistake, as in a folder");
  command.add_flag("--confirm", options->confirm, "load each one for real and compare");
  command.add_option("--policy", options->policy,
                     "use this file, not the nearest .portcullis.yaml");
  command.add_flag("--no-policy", options->no_policy, "use no policy file");
  command.add_option("-j,--jobs", options->jobs, "files at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("-q,--quiet", options->quiet, "only files with findings, and the summary");
  const auto formats = report::CheckFormats();
  options->reports.resize(formats.size());
  for (std::size_t i = 0; i < formats.size(); ++i) {
    command
        .add_option("--" + std::string(formats[i].name), options->reports[i],
                    "write " + std::string(formats[i].about))
        ->type_name("FILE|-");
  }
  return [options] {
    RequireOneStandardOutput(*options);
    return Run(*options).Perform();
  };
}

}  // namespace portcullis::cli
