#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "src/portability/error_catalog.h"

namespace portcullis::pages {
namespace {

using verdict::Claim;
using verdict::Result;

const char* Sign(verdict::Answer answer) {
  switch (answer) {
    case verdict::Answer::kConfirmed:
      return "✓ confirmed";
    case verdict::Answer::kLimited:
      return "◐ limited";
    case verdict::Answer::kRefuted:
      return "✗ refuted";
    case verdict::Answer::kOpen:
      return "– open";
    case verdict::Answer::kNotRun:
      return "– not run";
  }
  return "";
}

// How many of a claim's cases came out the same on hardware, where there are recordings.
std::string OnHardwareText(const Reference& reference, const Claim& claim) {
  std::size_t same = 0;
  std::size_t otherwise = 0;
  for (const auto& [version, results] : reference.results) {
    for (const Result& result : results) {
      if (result.c.claim != claim.id) continue;
      const OnHardware said = reference.recordings.Of(result);
      if (said == OnHardware::kTheSame) ++same;
      if (said == OnHardware::kOtherwise) ++otherwise;
    }
  }
  if (reference.recordings.none()) return {};
  return fmt::format("[On hardware](hardware.md): {} of these cases the same, {} otherwise.\n\n",
                     same, otherwise);
}

// The answer of each runtime: a claim may hold in Python and not in C++.
std::string Answers(const Reference& reference, const Claim& claim) {
  std::string text =
      "| runtime | answer | cases that confirm | that limit | that refute | that go with them |\n"
      "| --- | --- | ---: | ---: | ---: | ---: |\n";
  for (const auto& version : reference.versions) {
    for (const auto& id : reference.RuntimesOf(version)) {
      std::vector<Result> mine;
      for (const Result& result : reference.results.at(version)) {
        if (result.runtime_id == id && result.c.claim == claim.id) mine.push_back(result);
      }
      if (mine.empty()) continue;
      const auto answer = verdict::AnswerClaim(claim, mine);
      text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", id, Sign(answer.answer),
                          answer.confirming, answer.limiting, answer.refuting, answer.other);
    }
  }
  return text;
}

// The sentence with the counts, once if the versions agree.
std::string Evidence(const Reference& reference, const Claim& claim) {
  std::vector<std::pair<std::string, std::string>> said;  // sentence, versions
  for (const auto& version : reference.versions) {
    const std::string evidence =
        verdict::AnswerClaim(claim, reference.results.at(version)).evidence;
    if (evidence.empty()) continue;
    if (!said.empty() && said.back().first == evidence) {
      said.back().second += ", " + version;
    } else {
      said.emplace_back(evidence, version);
    }
  }
  std::string text;
  for (const auto& [sentence, versions] : said) {
    text += fmt::format("- {}: {}\n", versions, sentence);
  }
  return text;
}

// What the limiting and refuting cases say the article leaves out.
std::string Precise(const Reference& reference, const Claim& claim) {
  std::map<std::string, std::set<std::string>> notes;  // note → families
  std::vector<std::string> order;
  for (const auto& version : reference.versions) {
    for (const Result& result : reference.results.at(version)) {
      const auto& expectation = result.expectation;
      const bool limits = expectation.shows == scenario::Shows::kLimits ||
                          expectation.shows == scenario::Shows::kRefutes;
      if (result.c.claim != claim.id || !limits || expectation.note.empty()) continue;
      if (notes.emplace(expectation.note, std::set<std::string>()).second) {
        order.push_back(expectation.note);
      }
      notes[expectation.note].insert(FamilyLabel(FamilyOf(result.runtime_id)));
    }
  }
  std::string text;
  for (const auto& note : order) {
    std::string families;
    for (const auto& family : notes[note]) families += (families.empty() ? "" : "; ") + family;
    text += fmt::format("- {} ({})\n", note, families);
  }
  return text.empty() ? "" : "Where the sentence is imprecise:\n\n" + text + "\n";
}

std::string Errors(const Reference& reference, const Claim& claim) {
  std::map<std::string, int> counts;
  for (const auto& [version, results] : reference.results) {
    for (const Result& result : results) {
      if (result.c.claim != claim.id || result.observation.error_short.empty()) continue;
      const auto* error = portability::ClassifyError(result.observation.error_short);
      if (error != nullptr) ++counts[std::string(error->id)];
    }
  }
  if (counts.empty()) return {};
  std::string text = "Errors met:";
  const char* comma = " ";
  for (const auto& [id, count] : counts) {
    text += fmt::format("{}[{}](errors/{}.md) ({} times)", comma, id, id, count);
    comma = ", ";
  }
  return text + ".\n\n";
}

std::string Scenario(const Reference& reference, const Claim& claim) {
  for (const auto& [version, results] : reference.results) {
    for (const Result& result : results) {
      if (result.c.claim == claim.id) return result.c.scenario;
    }
  }
  return {};
}

std::string PicturesOf(const Claim& claim) {
  if (claim.id == "C1" || claim.id == "C4") {
    return "![What load-then-.to copies and what map_location copies, in bytes counted by the "
           "simulated CUDA runtime](pictures/transfers.svg)\n\n";
  }
  if (claim.id == "C2") {
    return "![Memory in use on each GPU, call by call: what the load allocates, and the move "
           "behind "
           "it](pictures/peak.svg)"
           "\n\n";
  }
  return {};
}

}  // namespace

std::string ClaimsPage(const Reference& reference) {
  std::string text =
      "# The claims\n\nSentences of an article on `map_location` and `.to(device)`, each answered "
      "by "
      "loads: as it says\n(confirmed), so with limits that it does not mention (limited), or not "
      "so "
      "(refuted). A case confirms,\nlimits or refutes by what its scenario stated before it "
      "ran.\n\n";
  for (const Claim& claim : reference.claims) {
    const std::string scenario = Scenario(reference, claim);
    text += fmt::format("## {}\n\n> {}\n\n", claim.id, claim.says);
    text += Answers(reference, claim) + "\n";
    text += "What was counted:\n\n" + Evidence(reference, claim) + "\n";
    text += OnHardwareText(reference, claim) + PicturesOf(claim) + Precise(reference, claim) +
            Errors(reference, claim);
    text += fmt::format("See it again:\n\n```sh\nportcullis run --filter {}/\n", scenario);
    for (const auto& [name, id] : claim.cases)
      text += fmt::format("portcullis run --filter '{}'\n", id);
    text += "```\n\n";
  }
  text.pop_back();
  return text;
}

}  // namespace portcullis::pages
