#include "harness/suite/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "harness/suite/load.h"
#include "harness/suite/predict_case.h"
#include "harness/verdict/tensors.h"
#include "src/base/error.h"
#include "src/checkpoint/read.h"

namespace portcullis::suite {
namespace {

using verdict::Result;

// Hands results over in the order of the cases.
class InOrder {
 public:
  InOrder(std::size_t count, const std::function<void(Result)>& done)
      : waiting_(count), done_(done) {}

  void Put(std::size_t index, Result result) {
    waiting_[index] = std::move(result);
    while (next_ < waiting_.size() && waiting_[next_]) {
      Result ready = std::move(*waiting_[next_]);
      waiting_[next_].reset();
      ++next_;
      done_(std::move(ready));
    }
  }

  // After an interruption: what is there, leaving gaps out.
  void Flush() {
    for (auto& result : waiting_) {
      if (result) done_(std::move(*result));
      result.reset();
    }
  }

 private:
  std::vector<std::optional<Result>> waiting_;
  std::size_t next_ = 0;
  const std::function<void(Result)>& done_;
};

Result Skipped(const scenario::Case& c, std::string reason) {
  Result result;
  result.c = c;
  result.runtime_id = c.runtime;
  if (c.expectation) result.expectation = *c.expectation;
  result.judgement.verdict = verdict::Verdict::kSkipped;
  result.judgement.reason = std::move(reason);
  return result;
}

Result Broken(const scenario::Case& c, std::string reason) {
  Result result;
  result.c = c;
  result.runtime_id = c.runtime;
  result.judgement.verdict = verdict::Verdict::kError;
  result.judgement.differences = {std::move(reason)};
  return result;
}

host::Mask MaskOf(const scenario::Case& c, const host::Host& host) {
  return c.mask.value ? c.mask : host.mask;
}

// Everything about a case that is known before it runs.
struct Prepared {
  Result result;
  Load load;
  checkpoints::Reference reference;
};

Prepared Prepare(const Suite& suite, const scenario::Case& c, const host::Runtime& runtime,
                 Subject subject) {
  Prepared prepared;
  const host::Host host = suite.hosts.Find(c.host);
  const host::Mask mask = MaskOf(c, host);
  prepared.result.c = c;
  prepared.result.runtime_id = runtime.id;
  prepared.result.prediction =
      PredictCase(*subject.map, host, mask, runtime, c.strategy, suite.trust);
  prepared.result.expectation =
      c.expectation
          ? *c.expectation
          : verdict::FromPrediction(*prepared.result.prediction, subject.reference, c.strategy);
  prepared.load = {c.id, subject.file, subject.reference.format, c.strategy, host,
                   mask, &runtime,     suite.deadline,           suite.trust};
  prepared.load.example = subject.reference.example;
  prepared.load.isolate = suite.isolate;
  prepared.reference = std::move(subject.reference);
  return prepared;
}

// Keeps a window of cases under way, so that a long run holds few folders and children at once.
class Feeder {
 public:
  Feeder(const Suite& suite, const std::vector<scenario::Case>& cases, runner::Runner& runner,
         const std::function<void(Result)>& done)
      : suite_(suite), cases_(cases), runner_(runner), in_order_(cases.size(), done) {}

  void Run() {
    Feed();
    runner_.Run();
    in_order_.Flush();
  }

 private:
  void Feed() {
    while (under_way_ < suite_.window && next_ < cases_.size()) Start(next_++);
  }

  void Start(std::size_t index) {
    const scenario::Case& c = cases_[index];
    const host::Runtime* runtime = FindRuntime(suite_.runtimes, c.runtime);
    if (runtime == nullptr) {
      return in_order_.Put(index, Skipped(c, fmt::format("the runtime {} is not here (ci/setup "
                                                         "installs it)",
                                                         c.runtime)));
    }
    Subject subject = suite_.subject_of(c);
    if (!subject.missing.empty()) return in_order_.Put(index, Skipped(c, subject.missing));
    if (!subject.broken.empty()) return in_order_.Put(index, Broken(c, subject.broken));
    auto prepared = std::make_shared<Prepared>(Prepare(suite_, c, *runtime, std::move(subject)));
    const bool states_nothing = !c.expectation.has_value();
    if (states_nothing && !prepared->result.prediction->supported) {
      return in_order_.Put(index, Skipped(c, prepared->result.prediction->reason));
    }
    ++under_way_;
    SubmitLoad(prepared->load, runner_, [this, index, prepared](verdict::Observation seen) {
      Finish(index, *prepared, std::move(seen));
    });
  }

  void Finish(std::size_t index, Prepared& prepared, verdict::Observation seen) {
    --under_way_;
    if (seen.outcome == verdict::Outcome::kStopped) {
      next_ = cases_.size();
      return;
    }
    Result& result = prepared.result;
    result.observation = std::move(seen);
    result.judgement = verdict::Judge(result.expectation, prepared.reference, result.prediction,
                                      result.observation);
    in_order_.Put(index, std::move(result));
    Feed();
  }

  const Suite& suite_;
  const std::vector<scenario::Case>& cases_;
  runner::Runner& runner_;
  InOrder in_order_;
  std::size_t next_ = 0, under_way_ = 0;
};

}  // namespace

void ReadMap(Subject& subject) {
  try {
    auto map = std::make_shared<checkpoint::DeviceMap>(checkpoint::ReadDeviceMap(subject.file));
    subject.broken = verdict::CompareMap(*map, subject.reference);
    subject.map = std::move(map);
  } catch (const Error& error) {
    subject.broken = error.what();
  }
}

void RunCases(const Suite& suite, const std::vector<scenario::Case>& cases, runner::Runner& runner,
              const std::function<void(Result)>& done) {
  Feeder(suite, cases, runner, done).Run();
}

const host::Runtime* FindRuntime(const std::vector<host::Runtime>& runtimes,
                                 const std::string& family_or_id) {
  const auto found = std::find_if(runtimes.begin(), runtimes.end(), [&](const host::Runtime& r) {
    return r.id == family_or_id || (r.is_default && r.family == family_or_id);
  });
  return found == runtimes.end() ? nullptr : &*found;
}

}  // namespace portcullis::suite
