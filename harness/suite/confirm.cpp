#include "harness/suite/confirm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

// False: the rules know no such way, so that none was tried.
bool WasForecast(const Checked& checked, const scenario::Case& c) {
  const std::string host = scenario::HostAndMask(c.host, c.mask);
  return std::any_of(checked.forecasts.begin(), checked.forecasts.end(), [&](const auto& forecast) {
    return forecast.prediction.supported && forecast.host == host &&
           forecast.runtime == c.runtime && forecast.strategy == c.strategy.Text();
  });
}

}  // namespace

Confirmer::Confirmer(const host::HostLibrary& hosts, const std::vector<host::Runtime>& runtimes,
                     runner::Runner& runner)
    : hosts_(hosts), runtimes_(runtimes), runner_(runner) {}

void Confirmer::Confirm(Checked& checked, const Question& question) {
  if (!checked.map) return;
  const OwnCheckpoints own({checked.file.string()}, hosts_, runtimes_, question.trust, runner_);
  const Suite suite{hosts_,
                    runtimes_,
                    [&own](const scenario::Case& c) { return own.SubjectOf(c); },
                    std::chrono::minutes(1),
                    4,
                    question.trust};
  const auto cases = own.Cases(question.hosts, question.runtimes, question.strategies);
  for (const auto& result : ResultsOf(suite, cases, runner_)) Add(checked, result);
  if (runner_.interrupted()) throw CannotRun("interrupted while loading");
}

void Confirmer::Add(Checked& checked, const verdict::Result& result) {
  const auto find = [&](std::string_view rule, const std::string& why) {
    checked.findings.push_back(
        {&FindingRuleOf(rule), fmt::format("{}: {}", Name(result.c), why), ""});
  };
  const bool not_here = result.observation.outcome == verdict::Outcome::kUnsupported;
  switch (result.judgement.verdict) {
    case Verdict::kAsExpected:
      ++confirmed_;
      return;
    case Verdict::kSkipped:
      if (WasForecast(checked, result.c)) find("not-confirmed", result.judgement.reason);
      return;
    case Verdict::kNotAsExpected:
      if (not_here) return find("not-confirmed", result.observation.error_short);
      return find("differs-from-prediction",
                  fmt::format("{}", fmt::join(result.judgement.differences, "; ")));
    case Verdict::kError:
      return find("not-confirmed",
                  fmt::format("{}", fmt::join(result.judgement.differences, "; ")));
  }
}

}  // namespace portcullis::suite
