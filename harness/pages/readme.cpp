#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"

namespace portcullis::pages {
namespace {

constexpr const char* kSign[] = {"✓ confirmed", "◐ limited", "✗ refuted", "– open", "– not run"};

}  // namespace

std::string ClaimsTable(const Reference& reference, const std::string& where) {
  std::string text = "| | the article says |";
  std::string line = "| --- | --- |";
  for (const auto& version : reference.versions) {
    text += fmt::format(" {} |", version);
    line += " --- |";
  }
  text += "\n" + line + "\n";
  for (const auto& claim : reference.claims) {
    text +=
        fmt::format("| [{}]({}claims.md#{}) | {} |", claim.id, where, Slug(claim.id), claim.says);
    for (const auto& version : reference.versions) {
      const auto answer = verdict::AnswerClaim(claim, reference.results.at(version)).answer;
      text += fmt::format(" {} |", kSign[static_cast<std::size_t>(answer)]);
    }
    text += "\n";
  }
  return text;
}

std::string FrontPage(const Reference& reference) {
  std::string text = R"(# Reference

What each PyTorch does with each kind of checkpoint on each kind of host. Nothing here is written by
hand: `portcullis docs` makes these pages from results of real loads, and CI fails when they are not
what the results give.

- [The claims](claims.md): what an article says of `torch.load`, and what is so
- [The matrix](matrix.md): ways of loading × hosts × formats × versions
- [The error texts](errors.md): what each means, who gives it, what to do

)";
  std::size_t cases = 0;
  for (const auto& version : reference.versions) cases += reference.results.at(version).size();
  text += fmt::format("{} loads stand behind them, by ", Grouped(cases));
  std::vector<std::string> runtimes;
  for (const auto& version : reference.versions) {
    for (const auto& id : reference.RuntimesOf(version)) runtimes.push_back("`" + id + "`");
  }
  text += fmt::format("{}.\n", fmt::join(runtimes, ", "));
  text +=
      !reference.recordings.none()
          ? "\nAll of them ran on simulated GPUs: the real PyTorch over a simulated CUDA runtime. "
            "What came out the\nsame on real ones is marked so: [on hardware](hardware.md).\n"
          : "\nAll of them ran on simulated GPUs: the real PyTorch over a simulated CUDA runtime. "
            "Nothing here\nhas been confirmed on hardware yet.\n";
  text += "\n## The claims in short\n\n" + ClaimsTable(reference, "");
  return text;
}

}  // namespace portcullis::pages
