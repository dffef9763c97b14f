#include "harness/suite/repeat.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace portcullis::suite {
namespace {

using verdict::Result;

// What stands for the very process, such as its standard error, is left out.
std::string OutcomeText(const verdict::Observation& seen) {
  std::string text = OutcomeName(seen.outcome);
  if (!seen.phase.empty()) text += " in " + seen.phase;
  if (seen.exit_code.value_or(0) != 0) text += fmt::format(" with {}", *seen.exit_code);
  if (seen.signal) text += fmt::format(" by signal {}", *seen.signal);
  return seen.error_short.empty() ? text : text + ": " + seen.error_short;
}

// "runs 1 and 3", "run 2"
std::string RunsText(const std::vector<int>& runs) {
  if (runs.size() == 1) return fmt::format("run {}", runs.front());
  return fmt::format("runs {} and {}", fmt::join(runs.begin(), runs.end() - 1, ", "), runs.back());
}

}  // namespace

std::string WhatHappened(const Result& result) {
  const verdict::Observation& seen = result.observation;
  const host::Counts moved = seen.flight.LoadAndMove();
  std::string text = fmt::format("{}, {} bytes to, {} from, {} between GPUs", OutcomeText(seen),
                                 moved.host_to_device_bytes, moved.device_to_host_bytes,
                                 moved.device_to_device_bytes);
  for (const std::string& difference : result.judgement.differences) text += "; " + difference;
  return text;
}

void Repeated::Add(Result result) {
  happened_.push_back(WhatHappened(result));
  if (happened_.size() == 1) first_ = std::move(result);
}

Result Repeated::Take() {
  std::vector<std::pair<std::string, std::vector<int>>> ways;  // in the order of their first run
  for (int run = 0; run < runs(); ++run) {
    const std::string& text = happened_[static_cast<std::size_t>(run)];
    const auto found =
        std::find_if(ways.begin(), ways.end(), [&](const auto& way) { return way.first == text; });
    if (found == ways.end()) {
      ways.push_back({text, {run + 1}});
    } else {
      found->second.push_back(run + 1);
    }
  }
  if (ways.size() > 1) {
    auto& judgement = first_.judgement;
    judgement.verdict = verdict::Verdict::kNotAsExpected;
    judgement.differences.push_back(fmt::format("{} runs went {} ways", runs(), ways.size()));
    for (const auto& [text, which] : ways) {
      judgement.differences.push_back(fmt::format("{}: {}", RunsText(which), text));
    }
  }
  return std::move(first_);
}

}  // namespace portcullis::suite
