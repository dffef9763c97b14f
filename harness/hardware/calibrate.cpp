#include "harness/hardware/calibrate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/hardware/calls.h"
#include "harness/hardware/masks.h"
#include "harness/hardware/stage.h"
#include "harness/hardware/subjects.h"
#include "harness/report/results_file.h"
#include "harness/report/whole_file.h"
#include "harness/suite/scratch.h"
#include "harness/suite/store.h"
#include "harness/suite/suite.h"
#include "harness/verdict/shorten_error.h"
#include "src/base/error.h"

namespace portcullis::hardware {
namespace {

namespace fs = std::filesystem;
using Say = std::function<void(const std::string&)>;

constexpr std::chrono::minutes kTransfersDeadline{4};

std::string Now() {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::now()));
}

// Whether every device a recipe saves from is a GPU of the machine, or no GPU at all.
bool SavesHere(const checkpoints::Recipe& recipe, const host::Host& here) {
  return std::all_of(recipe.from.begin(), recipe.from.end(), [&](const std::string& device) {
    if (!device.starts_with("cuda:")) return device == "cpu";
    return std::stoul(device.substr(sizeof("cuda:") - 1)) < here.gpus.size();
  });
}

std::vector<std::string> NamesOf(const scenario::CaseList& cases) {
  std::set<std::string> names;
  for (const auto& c : cases) names.insert(c.checkpoint);
  return {names.begin(), names.end()};
}

void PrepareFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(CheckpointsOf(folder), error);
  if (error) {
    throw CannotRun(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  if (fs::exists(ResultsOf(folder), error)) {
    throw UsageError(
        fmt::format("{}: holds a recording already; name a new folder", folder.string()));
  }
}

void RecordMasks(const host::Host& here, const host::Runtime& runtime, Recording& recording,
                 runner::Runner& runner) {
  for (const host::Mask& mask : TellingMasks(here.gpus)) {
    recording.masks.push_back(SeenBehind(mask, Probe(here, mask, runtime, Ask::kNoMore, runner)));
  }
}

// Saves from this machine's GPUs what can be, and by simulation the rest.
void RecordCheckpoints(const Calibration& calibration, const host::Host& here, Recording& recording,
                       runner::Runner& runner, const Say& say) {
  std::vector<std::string> here_names;
  std::vector<std::string> other_names;
  for (const std::string& name : NamesOf(calibration.cases)) {
    const bool saves = SavesHere(calibration.catalog.Find(name), here);
    (saves ? here_names : other_names).push_back(name);
  }
  suite::Store on_machine(CheckpointsOf(calibration.folder), calibration.catalog, calibration.hosts,
                          calibration.runtimes, here);
  on_machine.Make(here_names, true, runner, [](const std::string&) {});
  suite::Store simulated(calibration.made, calibration.catalog, calibration.hosts,
                         calibration.runtimes);
  simulated.Make(other_names, false, runner, [](const std::string&) {});
  for (const std::string& name : here_names) {
    if (on_machine.Missing(name).empty()) recording.checkpoints.push_back(name);
  }
  say(fmt::format("{} checkpoints saved from this machine's GPUs", recording.checkpoints.size()));
}

// A recording goes to others, whom this machine's folders do not concern.
void WithoutFolders(verdict::Observation& seen) {
  for (std::string* text : {&seen.error_short, &seen.error_whole, &seen.trouble}) {
    *text = verdict::WithoutFolders(*text);
  }
}

void RecordCases(const Calibration& calibration, const host::Host& here, const Recording& recording,
                 runner::Runner& runner, const Say& say) {
  report::RunFacts facts;
  facts.version = calibration.version;
  facts.started = recording.recorded;
  for (const auto& runtime : calibration.runtimes) facts.runtimes.push_back(runtime.id);
  facts.cases = calibration.cases.size();
  report::ResultsFile file(ResultsOf(calibration.folder), facts);
  suite::Suite suite{calibration.hosts, calibration.runtimes,
                     SubjectsOf(recording, calibration.catalog, calibration.made)};
  suite.stage_of = OnMachine(here, calibration.hosts);
  suite.jobs = calibration.jobs;
  suite.keep_calls = true;
  std::string calls;
  report::Totals totals;
  for (verdict::Result& result : suite::ResultsOf(suite, calibration.cases, runner)) {
    totals.Add(result.judgement.verdict);
    WithoutFolders(result.observation);
    if (result.judgement.verdict != verdict::Verdict::kSkipped) {
      calls += nlohmann::json{{"id", result.c.id}, {"calls", CallsJson(result.observation.calls)}}
                   .dump() +
               "\n";
    }
    file.Add(totals.All() - 1, result);
  }
  const bool complete = totals.All() == calibration.cases.size();
  file.Finish(totals, complete);
  report::WriteWholeFile(CallsOf(calibration.folder), calls);
  if (!complete) throw CannotRun("interrupted; what was recorded so far is not a recording");
  say(fmt::format("{} cases: {} as expected, {} not, {} errors, {} cannot be shown here",
                  totals.All(), totals.as_expected, totals.not_as_expected, totals.errors,
                  totals.skipped));
}

nlohmann::json TimeTransfers(const Calibration& calibration, const host::Host& here,
                             const host::Runtime& runtime, runner::Runner& runner) {
  if (calibration.largest_transfer == 0 || runtime.family != "python") return nullptr;
  const suite::ScratchFolder scratch;
  const host::ChildHost child(here, {}, runtime, scratch.path());
  runner::Command command;
  command.argv = {runtime.loader.front(),
                  calibration.transfers_script.string(),
                  "--folder",
                  scratch.path().string(),
                  "--largest",
                  fmt::format("{}", calibration.largest_transfer)};
  command.environment = child.environment();
  command.folder = scratch.path();
  command.deadline = kTransfersDeadline;
  nlohmann::json timed;
  runner.Submit(std::move(command), [&timed](const runner::Ended& ended) {
    timed = nlohmann::json::parse(ended.output, nullptr, /*allow_exceptions=*/false);
    if (ended.exit_code == 0 && timed.is_object()) return;
    throw CannotRun(fmt::format("timing transfers failed{}: {}{}",
                                ended.timed_out ? " in time" : "", ended.start_error,
                                ended.errors));
  });
  runner.Run();
  return timed;
}

}  // namespace

Recording Calibrate(const Calibration& calibration, runner::Runner& runner, const Say& say) {
  PrepareFolder(calibration.folder);
  const host::Runtime& runtime = *RuntimeThatAsks(calibration.runtimes);
  host::Host here;
  here.simulated = false;
  Recording recording;
  recording.folder = calibration.folder;
  recording.portcullis = calibration.version;
  recording.recorded = Now();
  recording.runtime = runtime.id;
  recording.machine = Probe(here, {}, runtime, Ask::kErrors, runner);
  here = HostFrom(recording.machine);
  if (here.gpus.empty()) throw CannotRun(here.about + "; nothing to record");
  say(here.about);
  RecordMasks(here, runtime, recording, runner);
  say(fmt::format("{} masks", recording.masks.size()));
  recording.behaviour = Probe(here, {}, runtime, Ask::kBehaviour, runner).at("behaviour");
  say(fmt::format("{} questions about behaviour", recording.behaviour.size()));
  RecordCheckpoints(calibration, here, recording, runner, say);
  RecordCases(calibration, here, recording, runner, say);
  recording.transfers = TimeTransfers(calibration, here, runtime, runner);
  if (!recording.transfers.is_null()) say("transfers timed");
  WriteRecording(recording);
  return recording;
}

}  // namespace portcullis::hardware
