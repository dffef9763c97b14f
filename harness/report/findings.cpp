#include "harness/report/findings.h"

#include <fmt/format.h>

#include <algorithm>

namespace portcullis::report {
namespace {

using verdict::Result;
using verdict::Verdict;

constexpr std::size_t kMost = 20;

}  // namespace

std::string Findings::Finding(const Result& result) const {
  std::string text = fmt::format("{}: {}\n", style_.Bad(VerdictName(result.judgement.verdict)),
                                 style_.Bold(result.c.id));
  for (const std::string& difference : result.judgement.differences) {
    const auto lines = Wrap(difference, std::max<std::size_t>(style_.width(), 40) - 4);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += fmt::format("{}{}\n", i == 0 ? "  - " : "    ", lines[i]);
    }
  }
  if (result.c.expectation) {
    text += fmt::format("    stated in {}\n", style_.Dim(result.c.expectation->where));
  }
  return text + fmt::format("    run it again: {}\n", again_(result));
}

void Findings::Add(std::size_t number, const Result& result) {
  const Verdict verdict = result.judgement.verdict;
  if (verdict == Verdict::kSkipped) ++skipped_[result.judgement.reason];
  if (verdict != Verdict::kNotAsExpected && verdict != Verdict::kError) return;
  ++found_;
  if (first_.size() == kMost && number > first_.rbegin()->first) return;
  first_[number] = Finding(result);
  if (first_.size() > kMost) first_.erase(std::prev(first_.end()));
}

std::string Findings::Text() const {
  std::string text;
  for (const auto& [number, finding] : first_) text += finding;
  if (found_ > kMost) {
    text += style_.Bad(fmt::format("and {} more; --json FILE has them all\n", found_ - kMost));
  }
  for (const auto& [reason, count] : skipped_) {
    text += style_.Odd(fmt::format("skipped: {} cases: {}\n", count, reason));
  }
  return text;
}

}  // namespace portcullis::report
