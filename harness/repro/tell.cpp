#include "harness/repro/tell.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/repro/emit.h"

namespace portcullis::repro {
namespace {

using report::Style;

std::string Indented(const std::string& text, std::size_t indent, const Style& style) {
  std::string block;
  const std::size_t width = std::max<std::size_t>(style.width(), indent + 20) - indent;
  for (const std::string& line : report::Wrap(text, width)) {
    block += std::string(indent, ' ') + line + "\n";
  }
  return block;
}

std::string Heading(const char* text, const Style& style) { return "\n" + style.Bold(text) + "\n"; }

std::string TellHead(const Recognised& recognised, const Style& style) {
  std::string text = style.Bold(std::string(recognised.error->id)) + "\n" +
                     Indented(std::string(recognised.error->means), 2, style) +
                     Indented("“" + recognised.sentence + "”", 2, style);
  if (recognised.wording != nullptr) {
    text += Indented(fmt::format("in the words of {}", recognised.wording->versions), 2, style);
  }
  for (const Fact& fact : recognised.facts) {
    text += fmt::format("  {}: {}\n", fact.what, style.Bold(fact.value));
  }
  if (!recognised.also.empty()) {
    std::vector<std::string_view> ids;
    for (const auto* error : recognised.also) ids.push_back(error->id);
    text += Indented(fmt::format("also in this text: {}", fmt::join(ids, ", ")), 2, style);
  }
  return text;
}

// Ways of loading by what runs them and where.
std::string Where(const Guide& guide, const std::vector<Giver>& givers, const Style& style) {
  std::string text;
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Giver& giver : givers) {
    const std::string where =
        fmt::format("{}, {}, on {}", giver.runtime, fmt::join(giver.formats, " and "),
                    fmt::join(giver.hosts, ", "));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& known) { return known.first == where; });
    if (group == groups.end()) group = groups.insert(groups.end(), {where, {}});
    group->second.push_back(giver.strategy);
  }
  for (const auto& [where, strategies] : groups) {
    text += Indented(where, 2, style);
    text += Indented(fmt::format("{}", fmt::join(strategies, ", ")), 4, style);
  }
  for (const std::string& line : guide.where) text += Indented("- " + line, 2, style);
  return text;
}

std::string Remedies(const Guide& guide, const Style& style) {
  std::string text;
  int number = 0;
  for (const Remedy& remedy : guide.remedies) {
    text += fmt::format("  {}. {}\n", ++number, style.Bold(remedy.what));
    text += Indented(remedy.why, 5, style);
  }
  return text;
}

std::string SeeIt(const Guide& guide, const Style& style) {
  std::string text;
  for (const std::string& form : FormsOf(guide)) {
    text += fmt::format("  portcullis repro {} --emit {} -o DIR\n", guide.error, form);
  }
  if (text.empty()) {
    text = Indented(fmt::format("There is no reproduction: {}.", guide.none), 2, style);
  }
  return text;
}

}  // namespace

std::string Tell(const Recognised& recognised, const Guide& guide, const std::vector<Giver>& givers,
                 const Style& style) {
  return TellHead(recognised, style) + Heading("What happened", style) +
         Indented(guide.happened, 2, style) +
         Heading("Which hosts and ways of loading give it", style) + Where(guide, givers, style) +
         Heading("What to do, best first", style) + Remedies(guide, style) +
         Heading("See it fail, and work", style) + SeeIt(guide, style);
}

}  // namespace portcullis::repro
