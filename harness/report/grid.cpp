#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/report/terminal.h"

namespace portcullis::report {
namespace {

using verdict::Outcome;
using verdict::Result;
using verdict::Verdict;

// One sign a cell: what was observed, in red where it is not what was predicted.
std::string Cell(const Result& result, std::size_t width, const Style& style) {
  std::string text = "loads";
  if (result.judgement.verdict == Verdict::kSkipped) {
    text = "-";
  } else if (result.observation.outcome == Outcome::kRaised) {
    text = "fails";
  } else if (result.observation.outcome != Outcome::kLoaded) {
    text = OutcomeName(result.observation.outcome);
  }
  const bool unexpected = result.judgement.verdict == Verdict::kNotAsExpected ||
                          result.judgement.verdict == Verdict::kError;
  if (unexpected) text += " !";
  const std::string padded = fmt::format("{:<{}}", text, width);
  if (unexpected) return style.Bad(padded);
  return text == "loads" ? style.Good(padded) : text == "fails" ? style.Odd(padded) : padded;
}

std::vector<std::string> Distinct(std::span<const Result> results,
                                  std::string (*key)(const Result&)) {
  std::vector<std::string> names;
  for (const Result& result : results) {
    const std::string name = key(result);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string HostOf(const Result& result) {
  return scenario::HostAndMask(result.c.host, result.c.mask);
}
std::string StrategyOf(const Result& result) { return result.c.strategy.Text(); }

std::size_t Longest(const std::vector<std::string>& names, std::size_t least) {
  std::size_t longest = least;
  for (const std::string& name : names) longest = std::max(longest, Columns(name));
  return longest + 2;
}

}  // namespace

std::string Grid(std::span<const Result> results, const Style& style) {
  const auto hosts = Distinct(results, HostOf);
  const auto strategies = Distinct(results, StrategyOf);
  const std::size_t first = Longest(strategies, 8);
  const std::size_t width = Longest(hosts, 7);
  std::string text = std::string(first, ' ');
  for (const std::string& host : hosts) text += style.Bold(fmt::format("{:<{}}", host, width));
  text += "\n";
  for (const std::string& strategy : strategies) {
    text += fmt::format("{:<{}}", strategy, first);
    for (const std::string& host : hosts) {
      const auto cell = std::find_if(results.begin(), results.end(), [&](const Result& result) {
        return StrategyOf(result) == strategy && HostOf(result) == host;
      });
      text += cell == results.end() ? std::string(width, ' ') : Cell(*cell, width, style);
    }
    text += "\n";
  }
  return text;
}

}  // namespace portcullis::report
