#include "harness/report/compare.h"

#include <algorithm>
#include <map>
#include <optional>

namespace portcullis::report {
namespace {

using verdict::Outcome;
using verdict::Result;
using verdict::Verdict;

bool Failed(const Result& result) {
  return result.judgement.verdict == Verdict::kNotAsExpected ||
         result.judgement.verdict == Verdict::kError;
}

bool Ran(const Result& result) { return result.judgement.verdict != Verdict::kSkipped; }

std::string Key(const Result& result) { return result.c.id + " " + result.runtime_id; }

std::string Line(const Result& result) {
  if (!Ran(result)) return "skipped: " + result.judgement.reason;
  if (Failed(result) && !result.judgement.differences.empty()) {
    return result.judgement.differences.front();
  }
  return result.observation.Text();
}

std::optional<Change> ChangeOf(const Result& before, const Result& after) {
  if (Failed(after) && !Failed(before)) return Change::kNewlyFailing;
  if (!Ran(after)) return Ran(before) ? std::optional(Change::kNoLongerRun) : std::nullopt;
  if (Failed(before) && !Failed(after)) return Change::kNewlyPassing;
  if (!Ran(before)) return std::nullopt;
  const auto& was = before.observation;
  const auto& is = after.observation;
  if (was.outcome != is.outcome || was.phase != is.phase) return Change::kOtherOutcome;
  if (is.outcome == Outcome::kRaised && was.error_short != is.error_short) {
    return Change::kOtherError;
  }
  return std::nullopt;
}

}  // namespace

std::string ChangeName(Change change) {
  switch (change) {
    case Change::kNewlyFailing:
      return "newly failing";
    case Change::kNewlyPassing:
      return "newly passing";
    case Change::kOtherError:
      return "other error text";
    case Change::kOtherOutcome:
      return "other outcome";
    case Change::kNoLongerRun:
      return "no longer run";
  }
  return "";
}

std::vector<Changed> Compare(const ReadRun& before, const ReadRun& after) {
  std::map<std::string, const Result*> old;
  for (const ReadCase& read : before.cases) old[Key(read.result)] = &read.result;
  std::vector<Changed> changes;
  for (const ReadCase& read : after.cases) {
    const auto found = old.find(Key(read.result));
    if (found == old.end()) {
      if (Failed(read.result)) {
        changes.push_back({Change::kNewlyFailing, read.result.c.id, "", Line(read.result)});
      }
      continue;
    }
    if (const auto change = ChangeOf(*found->second, read.result)) {
      changes.push_back({*change, read.result.c.id, Line(*found->second), Line(read.result)});
    }
    old.erase(found);
  }
  for (const ReadCase& read : before.cases) {
    const bool gone = old.contains(Key(read.result)) && Ran(read.result);
    if (gone) changes.push_back({Change::kNoLongerRun, read.result.c.id, Line(read.result), ""});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Changed& a, const Changed& b) { return a.change < b.change; });
  return changes;
}

bool AnyNewlyFailing(const std::vector<Changed>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Changed& changed) {
    return changed.change == Change::kNewlyFailing;
  });
}

}  // namespace portcullis::report
