#include "harness/suite/load.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "harness/loader/protocol.h"
#include "harness/runner/answer.h"
#include "harness/suite/leftover.h"
#include "harness/suite/scratch.h"
#include "harness/verdict/shorten_error.h"
#include "src/checkpoint/device_map.h"
#include "src/checkpoint/printable.h"

namespace portcullis::suite {
namespace {

using verdict::Observation;
using verdict::Outcome;

nlohmann::json ExampleOf(const Load& load) {
  if (!load.example) return nullptr;
  return {{"dtype", load.example->dtype}, {"shape", load.example->shape}};
}

// JSON holds UTF-8, and the name of a file may be any bytes: such a file gets another for the load.
std::filesystem::path Nameable(const std::filesystem::path& file,
                               const std::filesystem::path& folder) {
  std::filesystem::path whole = std::filesystem::absolute(file);
  if (checkpoint::Printable(whole.string()) == whole.string()) return whole;
  auto link = folder / ("checkpoint" + checkpoint::Printable(file.extension().string()));
  std::filesystem::create_symlink(whole, link);
  return link;
}

// As it goes there and comes back.
std::string IdOf(const Load& load) { return checkpoint::Printable(load.id); }

std::string Request(const Load& load, const std::filesystem::path& folder) {
  const nlohmann::json request{{"protocol", protocol::kVersion},
                               {"case", IdOf(load)},
                               {"checkpoint", Nameable(load.file, folder).string()},
                               {"format", load.format},
                               {"strategy", std::string(load.strategy.Row().name)},
                               {"argument", load.strategy.argument},
                               {"trust", load.trust},
                               {"example", ExampleOf(load)},
                               {"use", std::string(load.strategy.use.Name())},
                               {"use_argument", load.strategy.use.device}};
  return request.dump() + "\n";
}

// Optimizers and exported programs: seconds of imports that the warm loader does once.
bool ImportsMuch(const Load& load) {
  return load.strategy.use ||
         load.format == checkpoint::FormatName(checkpoint::Format::kExportedProgram);
}

std::string PhaseName(runner::LoadPhase phase) {
  switch (phase) {
    case runner::LoadPhase::kLoad:
      return std::string(protocol::kPhaseLoad);
    case runner::LoadPhase::kMove:
      return std::string(protocol::kPhaseMove);
    case runner::LoadPhase::kUse:
      return std::string(protocol::kPhaseUse);
    case runner::LoadPhase::kReadBack:
      return std::string(protocol::kPhaseReadBack);
  }
  return {};
}

Outcome OutcomeOf(runner::Outcome outcome) {
  switch (outcome) {
    case runner::Outcome::kLoaded:
      return Outcome::kLoaded;
    case runner::Outcome::kRaised:
      return Outcome::kRaised;
    case runner::Outcome::kUnsupported:
      return Outcome::kUnsupported;
  }
  return Outcome::kProtocolError;
}

void TakeAnswer(const runner::Answer& answer, Observation& observation) {
  observation.outcome = OutcomeOf(answer.outcome);
  observation.phase = PhaseName(answer.phase);
  observation.tensors = answer.tensors;
  observation.values = answer.values;
  observation.error_type = answer.error_type;
  observation.error_whole = verdict::WithoutAddresses(answer.error_text);
  observation.error_short = verdict::ShortenError(answer.error_text);
  observation.torch = answer.torch;
  observation.seconds = {{"load", answer.load_seconds},
                         {"move", answer.move_seconds},
                         {"use", answer.use_seconds},
                         {"read-back", answer.read_back_seconds}};
}

// The last lines of standard error: what a child that died had to say.
std::string LastWords(const std::string& errors) {
  constexpr std::size_t kMost = 600;
  return errors.size() <= kMost ? errors : "…" + errors.substr(errors.size() - kMost);
}

// How the child ended decides first: an answer from a child that then crashed is none.
void TakeEnd(const runner::Ended& ended, const std::string& id, Observation& observation) {
  observation.exit_code = ended.exit_code;
  observation.signal = ended.signal;
  observation.wall_seconds = ended.seconds.count();
  observation.trouble = LastWords(verdict::WithoutAddresses(ended.errors));
  if (!ended.start_error.empty()) {
    observation.outcome = Outcome::kNotStarted;
    observation.trouble = ended.start_error;
  } else if (ended.stopped) {
    observation.outcome = Outcome::kStopped;
  } else if (ended.timed_out) {
    observation.outcome = Outcome::kTimedOut;
  } else if (ended.signal) {
    observation.outcome = Outcome::kCrashed;
    observation.over_limit = ended.over_limit;
    if (!ended.over_limit.empty()) observation.trouble = ended.over_limit;
  } else if (ended.exit_code.value_or(0) != 0) {
    observation.outcome = Outcome::kExited;
  } else {
    const auto read = runner::ReadAnswer(ended.answer, ended.answer_too_long, id);
    if (read.answer) return TakeAnswer(*read.answer, observation);
    observation.outcome = Outcome::kProtocolError;
    observation.trouble = read.protocol_error;
  }
}

// The folder is another one each time: in texts it is named as the child knows it.
void WithoutFolder(const ScratchFolder& folder, Observation& observation) {
  for (std::string* text :
       {&observation.error_whole, &observation.error_short, &observation.trouble}) {
    *text = folder.Unnamed(std::move(*text));
  }
}

// With a folder and a flight record of its own: nobody knows how far the lost one got.
void SubmitAgain(Load load, const std::string& lost, runner::Runner& runner,
                 const std::function<void(Observation)>& done) {
  load.isolate = true;
  SubmitLoad(load, runner, [lost, done](Observation observation) {
    observation.again = lost;
    done(std::move(observation));
  });
}

// What is saved may be large, and how a disk takes it is what such a case is about.
Place PlaceOf(const Load& load) {
  const bool saves = load.strategy.kind == portability::StrategyKind::kSave;
  return saves ? Place::kTemporary : Place::kMemory;
}

}  // namespace

runner::Warm WarmLoaderOf(const Load& load) {
  runner::Warm warm{load.runtime->loader,
                    host::BuildWarmEnvironment(*load.runtime, load.host.simulated)};
  // What makes a fork cheap, a third less a case in C++: a heap of large pages, of which few are to
  // be copied, and every symbol bound once for all children. A case's own environment is without.
  warm.environment.emplace("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
  warm.environment.emplace("LD_BIND_NOW", "1");
  warm.argv.emplace_back(protocol::kServe);
  return warm;
}

void SubmitLoad(const Load& load, runner::Runner& runner, std::function<void(Observation)> done) {
  auto scratch = std::make_shared<ScratchFolder>(PlaceOf(load));
  auto child = std::make_shared<host::ChildHost>(load.host, load.mask, *load.runtime,
                                                 scratch->path(), load.computes);
  runner::Command command;
  command.argv = load.runtime->loader;
  command.environment = child->environment();
  if (ImportsMuch(load)) command.environment.emplace(protocol::kImportsMuchVariable, "1");
  command.folder = scratch->path();
  command.input = Request(load, scratch->path());
  command.deadline = load.deadline;
  command.resources = load.resources;
  command.waits = load.waits;
  command.limits = load.limits;
  if (!load.isolate) command.warm = WarmLoaderOf(load);
  runner.Submit(std::move(command), [scratch, child, load, &runner,
                                     done = std::move(done)](const runner::Ended& ended) {
    if (!ended.lost.empty()) return SubmitAgain(load, ended.lost, runner, done);
    Observation observation;
    observation.simulated = load.host.simulated;
    observation.flight = child->Read();
    if (load.keep_calls) observation.calls = child->ReadLog();
    TakeEnd(ended, IdOf(load), observation);
    WithoutFolder(*scratch, observation);
    if (load.strategy.kind != portability::StrategyKind::kSave) return done(std::move(observation));
    ReadLeftover(load, scratch, std::move(observation), runner, done);
  });
}

}  // namespace portcullis::suite
