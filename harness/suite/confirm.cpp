#include "harness/suite/confirm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/suite/own.h"
#include "harness/suite/suite.h"
#include "src/base/error.h"

namespace portcullis::suite {
namespace {

using verdict::Verdict;

std::string Name(const scenario::Case& c) {
  return fmt::format("{} on {}, {}", c.strategy.Text(), scenario::HostAndMask(c.host, c.mask),
                     c.runtime);
}

const Forecast* ForecastOf(const Checked& checked, const scenario::Case& c) {
  const std::string host = scenario::HostAndMask(c.host, c.mask);
  const auto found =
      std::find_if(checked.forecasts.begin(), checked.forecasts.end(), [&](const auto& forecast) {
        return forecast.host == host && forecast.runtime == c.runtime &&
               forecast.strategy == c.strategy.Text();
      });
  return found == checked.forecasts.end() ? nullptr : &*found;
}

Finding Found(std::string_view rule, const scenario::Case& c, const std::string& why) {
  return {&FindingRuleOf(rule), fmt::format("{}: {}", Name(c), why), ""};
}

Finding Differs(const verdict::Result& result) {
  return Found("differs-from-prediction", result.c,
               fmt::format("{}", fmt::join(result.judgement.differences, "; ")));
}

// The load that tells a file's tensors proves something too, whether it was asked about or not.
void AddReference(const OwnCheckpoints& own, const std::string& file, bool loaded,
                  Checked& checked) {
  const verdict::Result& reference = own.ReferenceOf(file);
  const bool differs = reference.judgement.verdict == Verdict::kNotAsExpected &&
                       reference.prediction->supported &&
                       reference.observation.outcome != verdict::Outcome::kUnsupported;
  if (differs && ForecastOf(checked, reference.c) == nullptr) {
    checked.findings.push_back(Differs(reference));
  }
  if (loaded && !own.Unknown(file).empty()) {
    checked.findings.push_back(
        {&FindingRuleOf("not-confirmed"), "tensors are not compared: " + own.Unknown(file), ""});
  }
}

}  // namespace

Confirmer::Confirmer(const host::HostLibrary& hosts, const std::vector<host::Runtime>& runtimes,
                     runner::Runner& runner, std::size_t jobs)
    : hosts_(hosts), runtimes_(runtimes), runner_(runner), jobs_(jobs) {}

void Confirmer::Confirm(std::span<Checked* const> checkpoints, const Question& question) {
  std::vector<std::string> files;
  std::map<std::string, Checked*> by_file;
  for (Checked* checked : checkpoints) {
    if (!checked->map) continue;
    files.push_back(checked->file.string());
    by_file[files.back()] = checked;
  }
  if (files.empty()) return;
  const OwnCheckpoints own(files, hosts_, runtimes_, question.trust, runner_);
  const Suite suite{hosts_,
                    runtimes_,
                    [&own](const scenario::Case& c) { return own.SubjectOf(c); },
                    std::chrono::minutes(1),
                    jobs_,
                    question.trust};
  const auto cases = own.Cases(question.hosts, question.runtimes, question.strategies);
  std::vector<std::optional<Finding>> found(cases.size());
  std::set<std::string> loaded;
  RunCases(suite, cases, runner_, [&](std::size_t number, const verdict::Result& result) {
    found[number] = Judged(*by_file.at(result.c.checkpoint), result);
    const bool as_predicted = result.judgement.verdict == Verdict::kAsExpected;
    if (as_predicted && result.expectation.loads) loaded.insert(result.c.checkpoint);
  });
  if (runner_.interrupted()) throw CannotRun("interrupted while loading");
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) by_file.at(cases.At(i).checkpoint)->findings.push_back(std::move(*found[i]));
  }
  for (auto& [file, checked] : by_file) AddReference(own, file, loaded.contains(file), *checked);
}

std::optional<Finding> Confirmer::Judged(const Checked& checked, const verdict::Result& result) {
  const Forecast* forecast = ForecastOf(checked, result.c);
  const auto& differences = result.judgement.differences;
  switch (result.judgement.verdict) {
    case Verdict::kAsExpected:
      // The rules of the PyTorch that is here, without a policy, have been proven.
      if (forecast != nullptr && forecast->prediction.Text() != result.prediction->Text()) {
        return Found(
            "not-confirmed", result.c,
            fmt::format("{} as it is here {}; predicted was: {} (of globals that the "
                        "policy allows, or of another PyTorch)",
                        result.runtime_id, result.prediction->Text(), forecast->prediction.Text()));
      }
      ++confirmed_;
      return {};
    case Verdict::kSkipped:
      // Where the rules know no such way none was tried.
      if (forecast == nullptr || !forecast->prediction.supported) return {};
      return Found("not-confirmed", result.c, result.judgement.reason);
    case Verdict::kNotAsExpected:
      return Differs(result);
    case Verdict::kError:
      return Found("not-confirmed", result.c, fmt::format("{}", fmt::join(differences, "; ")));
  }
  return {};
}

}  // namespace portcullis::suite
