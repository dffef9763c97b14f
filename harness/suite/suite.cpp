#include "harness/suite/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "harness/host/fault_text.h"
#include "harness/suite/load.h"
#include "harness/suite/predict_case.h"
#include "harness/suite/repeat.h"
#include "harness/suite/schedule.h"
#include "harness/verdict/tensors.h"
#include "src/base/error.h"
#include "src/checkpoint/read.h"
#include "src/portability/predict_format.h"

namespace portcullis::suite {
namespace {

using verdict::Result;

constexpr const char* kRealGpus = "the GPUs of this machine";

Result Skipped(const scenario::Case& c, std::string reason) {
  Result result;
  result.c = c;
  result.runtime_id = c.runtime;
  if (c.expectation) result.expectation = *c.expectation;
  result.judgement.verdict = verdict::Verdict::kSkipped;
  result.judgement.reason = std::move(reason);
  return result;
}

// Why a case is skipped whose runtime is not here. Families are of one version; Debian's LibTorch,
// for one, has no Python.
std::string NotHere(const std::vector<host::Runtime>& runtimes, const std::string& name) {
  const auto chosen = std::find_if(runtimes.begin(), runtimes.end(),
                                   [](const host::Runtime& runtime) { return runtime.is_default; });
  if (chosen == runtimes.end()) {
    return fmt::format("the runtime {} is not here (ci/setup installs it)", name);
  }
  return fmt::format("the runtime {} is not here: PyTorch {} is, without it (ci/setup)", name,
                     chosen->version);
}

// What needs operators that compute: a use behind the load, or TorchScript in the load itself; ""
// if nothing does.
std::string Computing(const scenario::Case& c, const Subject& subject) {
  if (c.strategy.use) return std::string(c.strategy.use.Name());
  const bool compares = subject.map && portability::ComparesConstants(*subject.map);
  return compares ? "a module that compares its constants" : "";
}

// Why a case that needs operators cannot run; "" if it can.
std::string CannotCompute(const std::string& computing, const host::Runtime& runtime,
                          const host::Host& host) {
  const bool has_plugin = !runtime.compute.empty() && std::filesystem::exists(runtime.compute);
  if (computing.empty() || !host.simulated || runtime.cuda == 0 || has_plugin) return "";
  return fmt::format("{} needs operators that compute, and no computing plugin was built for {}",
                     computing, runtime.id);
}

Result Broken(const scenario::Case& c, std::string reason) {
  Result result;
  result.c = c;
  result.runtime_id = c.runtime;
  result.judgement.verdict = verdict::Verdict::kError;
  result.judgement.differences = {std::move(reason)};
  return result;
}

Stage StageOfCase(const Suite& suite, const scenario::Case& c, const host::Runtime& runtime) {
  return suite.stage_of ? suite.stage_of(c, runtime) : DeclaredStage(suite.hosts, c);
}

bool IsFinding(const Result& result) {
  return result.judgement.verdict == verdict::Verdict::kNotAsExpected ||
         result.judgement.verdict == verdict::Verdict::kError;
}

// Something goes wrong with the load on purpose.
bool IsTroubled(const Load& load) {
  return !load.host.faults.empty() || load.strategy.kind == portability::StrategyKind::kSave;
}

// Everything about a case that is known before it runs.
struct Prepared {
  Result result;
  Load load;
  checkpoints::Reference reference;
  std::string misread;
};

// True of a case that hangs as planned, until its time is over, and may run beside the others: who
// asks for one child at once gets no second one, and a real GPU is for one case at a time.
bool Waits(const Suite& suite, const scenario::Case& c, const host::Host& host) {
  return suite.jobs > 1 && host.simulated && c.expectation && c.expectation->times_out.count() != 0;
}

Prepared Prepare(const Suite& suite, const scenario::Case& c, const host::Runtime& runtime,
                 Stage stage, Subject subject) {
  Prepared prepared;
  if (!c.fault.empty()) stage.host.faults.push_back(host::ParseFault(c.fault));
  prepared.result.c = c;
  prepared.result.runtime_id = runtime.id;
  if (stage.host.name != c.host) {
    prepared.result.ran_on = scenario::HostAndMask(stage.host.name, stage.mask);
  }
  prepared.result.refusal = subject.refusal;
  if (subject.map) {
    prepared.result.prediction = PredictCase(*subject.map, stage.host, stage.mask, runtime,
                                             c.strategy, suite.trust || subject.trust);
  }
  prepared.result.expectation =
      c.expectation
          ? *c.expectation
          : verdict::FromPrediction(*prepared.result.prediction, subject.reference, c.strategy);
  prepared.load = {c.id,       subject.file,          subject.reference.format,
                   c.strategy, std::move(stage.host), std::move(stage.mask),
                   &runtime,   suite.deadline,        suite.trust || subject.trust};
  prepared.load.example = subject.reference.example;
  prepared.load.computes = !Computing(c, subject).empty();
  prepared.load.isolate = suite.isolate;
  prepared.load.keep_calls = suite.keep_calls;
  if (const auto time = prepared.result.expectation.times_out; time.count() != 0) {
    prepared.load.deadline = time;
  }
  prepared.load.waits = Waits(suite, c, prepared.load.host);
  prepared.load.limits = suite.limits;
  prepared.reference = std::move(subject.reference);
  prepared.misread = std::move(subject.misread);
  return prepared;
}

// The kinds of cases that one warm loader can serve: one for each runtime, on simulated hosts and
// on this machine; what waits apart.
class Kinds {
 public:
  Kinds(const Suite& suite, const scenario::CaseList& cases) : suite_(suite) {
    for (const scenario::Case& c : cases) kind_of_.push_back(KindOf(c));
  }
  const std::vector<Kind>& kinds() const { return kinds_; }
  const std::vector<std::uint32_t>& kind_of() const { return kind_of_; }

 private:
  std::uint32_t KindOf(const scenario::Case& c) {
    const host::Runtime* runtime = FindRuntime(suite_.runtimes, c.runtime);
    const Kind wanted = Wanted(c, runtime);
    for (std::uint32_t kind = 0; kind < kinds_.size(); ++kind) {
      const bool same_loader = suite_.isolate || runtimes_[kind] == runtime;
      if (same_loader && kinds_[kind] == wanted) return kind;
    }
    kinds_.push_back(wanted);
    runtimes_.push_back(runtime);
    return static_cast<std::uint32_t>(kinds_.size() - 1);
  }

  // Cases on real GPUs have them to themselves: memory is shared, and so are peaks and failures.
  Kind Wanted(const scenario::Case& c, const host::Runtime* runtime) const {
    host::Host host;  // what a case that cannot run here would run on does not matter
    if (runtime != nullptr && suite_.stage_of) host = StageOfCase(suite_, c, *runtime).host;
    return {!suite_.isolate, host.simulated ? "" : kRealGpus, Waits(suite_, c, host)};
  }

  const Suite& suite_;
  std::vector<Kind> kinds_;
  std::vector<const host::Runtime*> runtimes_;
  std::vector<std::uint32_t> kind_of_;
};

// Keeps every lane of the schedule at work. Each has one case running and one made ready behind it,
// so that no core waits for the harness, and a long run holds few folders at once.
class Feeder {
 public:
  Feeder(const Suite& suite, const scenario::CaseList& cases, runner::Runner& runner,
         const std::function<void(std::size_t, Result)>& done)
      : suite_(suite),
        cases_(cases),
        runner_(runner),
        done_(done),
        kinds_(suite, cases),
        schedule_(kinds_.kinds(), kinds_.kind_of(), suite.jobs, suite.shuffle),
        under_way_(schedule_.lanes()) {}

  void Run() {
    for (std::size_t lane = 0; lane < under_way_.size(); ++lane) Feed(lane);
    runner_.Run();
  }

 private:
  static constexpr std::size_t kUnderWay = 2;  // of one lane

  // One case under way, with the runs of it that are over.
  struct Running {
    std::size_t index, lane;
    Prepared prepared;
    Repeated runs;
  };

  void Feed(std::size_t lane) {
    while (under_way_[lane] < kUnderWay) {
      const auto next = schedule_.Next(lane);
      if (!next) return;
      Start(*next, lane);
    }
  }

  void Start(std::size_t index, std::size_t lane) {
    const scenario::Case c = cases_.At(index);
    const host::Runtime* runtime = FindRuntime(suite_.runtimes, c.runtime);
    if (runtime == nullptr) {
      return Deliver(index, Skipped(c, NotHere(suite_.runtimes, c.runtime)));
    }
    Stage stage = StageOfCase(suite_, c, *runtime);
    if (!stage.cannot.empty()) return Deliver(index, Skipped(c, stage.cannot));
    Subject subject = suite_.subject_of(c);
    if (!subject.missing.empty()) return Deliver(index, Skipped(c, subject.missing));
    if (!subject.broken.empty()) return Deliver(index, Broken(c, subject.broken));
    const std::string computing = Computing(c, subject);
    if (auto cannot = CannotCompute(computing, *runtime, stage.host); !cannot.empty()) {
      return Deliver(index, Skipped(c, std::move(cannot)));
    }
    auto running = std::make_shared<Running>();
    running->index = index;
    running->lane = lane;
    running->prepared = Prepare(suite_, c, *runtime, std::move(stage), std::move(subject));
    const auto& prediction = running->prepared.result.prediction;
    if (!c.expectation && prediction && !prediction->supported) {
      return Deliver(index, Skipped(c, prediction->reason));
    }
    running->prepared.load.resources = {fmt::format("lane {}", lane)};
    if (!running->prepared.load.host.simulated) {
      running->prepared.load.resources.emplace_back(kRealGpus);
    }
    ++under_way_[lane];
    Submit(running);
  }

  void Submit(const std::shared_ptr<Running>& running) {
    SubmitLoad(running->prepared.load, runner_,
               [this, running](verdict::Observation seen) { Ended(running, std::move(seen)); });
  }

  void Ended(const std::shared_ptr<Running>& running, verdict::Observation seen) {
    if (seen.outcome == verdict::Outcome::kStopped) return schedule_.Close();
    const std::size_t kind = kinds_.kind_of()[running->index];
    schedule_.Took(kind, seen.wall_seconds);
    running->runs.Add(ResultOf(running->prepared, std::move(seen)));
    if (running->runs.runs() < suite_.repeat) return Submit(running);
    --under_way_[running->lane];
    Deliver(running->index, running->runs.Take());
    Feed(running->lane);
    if (schedule_.IsEmpty(kind) && !suite_.isolate) {
      runner_.EndIdle(WarmLoaderOf(running->prepared.load));
    }
  }

  static Result ResultOf(const Prepared& prepared, verdict::Observation seen) {
    Result result = prepared.result;
    result.observation = std::move(seen);
    // The rules say what loads, not what the loader can compare: sparse and quantised tensors.
    const bool cannot_tell =
        !result.c.expectation && result.observation.outcome == verdict::Outcome::kUnsupported;
    if (cannot_tell) {
      result.judgement = {verdict::Verdict::kSkipped, {}, result.observation.error_short};
      return result;
    }
    result.judgement = verdict::Judge(
        result.expectation, prepared.reference, result.prediction, result.observation,
        {IsTroubled(prepared.load), !result.c.damage.empty(), result.refusal});
    if (!prepared.misread.empty() && result.judgement.verdict != verdict::Verdict::kError) {
      result.judgement.verdict = verdict::Verdict::kNotAsExpected;
      result.judgement.differences.push_back(prepared.misread);
    }
    return result;
  }

  void Deliver(std::size_t index, Result result) {
    if (suite_.fail_fast && IsFinding(result)) schedule_.Close();
    done_(index, std::move(result));
  }

  const Suite& suite_;
  const scenario::CaseList& cases_;
  runner::Runner& runner_;
  const std::function<void(std::size_t, Result)>& done_;
  Kinds kinds_;
  Schedule schedule_;
  std::vector<std::size_t> under_way_;  // by lane: running, or made ready to
};

}  // namespace

void ReadMap(Subject& subject) {
  try {
    auto map = std::make_shared<checkpoint::DeviceMap>(checkpoint::ReadDeviceMap(subject.file));
    subject.broken = verdict::CompareMap(*map, subject.reference, true);
    subject.map = std::move(map);
  } catch (const Error& error) {
    subject.broken = error.what();
  }
}

Stage DeclaredStage(const host::HostLibrary& hosts, const scenario::Case& c) {
  host::Host host = hosts.Find(c.host);
  host::Mask mask = c.mask.value ? c.mask : host.mask;
  return {std::move(host), std::move(mask), {}};
}

void RunCases(const Suite& suite, const scenario::CaseList& cases, runner::Runner& runner,
              const std::function<void(std::size_t, Result)>& done) {
  Feeder(suite, cases, runner, done).Run();
}

std::vector<Result> ResultsOf(const Suite& suite, const scenario::CaseList& cases,
                              runner::Runner& runner) {
  std::map<std::size_t, Result> by_number;
  RunCases(suite, cases, runner,
           [&](std::size_t number, Result result) { by_number[number] = std::move(result); });
  std::vector<Result> results;
  results.reserve(by_number.size());
  for (auto& [number, result] : by_number) results.push_back(std::move(result));
  return results;
}

const host::Runtime* FindRuntime(const std::vector<host::Runtime>& runtimes,
                                 const std::string& family_or_id) {
  const auto found = std::find_if(runtimes.begin(), runtimes.end(), [&](const host::Runtime& r) {
    return r.id == family_or_id || (r.is_default && r.family == family_or_id);
  });
  return found == runtimes.end() ? nullptr : &*found;
}

}  // namespace portcullis::suite
