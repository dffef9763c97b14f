#include "harness/report/retag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace portcullis::report {
namespace {

using checkpoint::DeviceTag;
using checkpoint::KeptTag;
using checkpoint::TagChange;
using suite::Retagged;

std::string Subject(const DeviceTag& tag) { return tag.storage.empty() ? tag.name : tag.storage; }

// "0, 1, 2, … 214 in all"
std::string Few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  constexpr std::size_t kLongest = 40;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    if (names[i].empty()) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", names[i].substr(0, kLongest));
  }
  if (names.size() > kShown) text += fmt::format(", … {} in all", names.size());
  return text;
}

std::string ChangesText(const std::vector<TagChange>& changes, const Style& style) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::vector<std::string>>
      groups;
  for (const TagChange& change : changes) {
    groups[{change.tag.member, PlaceName(change.tag.place), change.tag.device, change.becomes}]
        .push_back(Subject(change.tag));
  }
  std::string text;
  for (const auto& [group, subjects] : groups) {
    const auto& [member, place, from, to] = group;
    text += fmt::format("  {} → {}  {}", style.Bad(from), style.Good(to), place);
    if (const std::string few = Few(subjects); !few.empty()) text += " " + few;
    text += style.Dim(member.empty() ? "" : "  in " + member) + "\n";
  }
  return text;
}

std::string KeptText(const std::vector<KeptTag>& kept, const Style& style) {
  std::map<std::tuple<std::string, std::string>, std::vector<std::string>> groups;
  for (const KeptTag& one : kept) {
    const bool named = !one.tag.name.empty();
    groups[{one.tag.device, one.reason}].push_back(named ? one.tag.name : one.tag.member);
  }
  std::string text;
  for (const auto& [group, subjects] : groups) {
    const auto& [device, reason] = group;
    text += fmt::format("  {} stays: {}\n    {}\n", style.Odd(device), reason,
                        style.Dim(Few(subjects)));
  }
  return text;
}

std::string Outcome(const Retagged& done, const Style& style) {
  if (!done.written) return "  nothing was written\n";
  if (done.undone) return "";
  const std::string to = done.written_to.string();
  return fmt::format("  written to {}; undo: {}\n", done.written_to == done.file ? "it" : to,
                     style.Bold("portcullis retag --undo " + to));
}

std::string Headline(const Retagged& done) {
  if (done.undone) {
    return done.written ? "has its old bytes again" : "can be given its old bytes back";
  }
  const std::string format = FormatName(*done.format);
  if (!done.changes.empty()) {
    return fmt::format("{}, {} tags {}", format, done.changes.size(),
                       done.written ? "changed" : "would change");
  }
  const std::string tags =
      done.tags.empty() ? "none" : fmt::format("{}", fmt::join(done.tags, ", "));
  return fmt::format("{}, no tag to change (its tags: {})", format, tags);
}

nlohmann::json TagJson(const DeviceTag& tag) {
  return {{"place", PlaceName(tag.place)}, {"member", tag.member}, {"offset", tag.offset},
          {"storage", tag.storage},        {"name", tag.name},     {"from", tag.device}};
}

}  // namespace

std::string RetaggedText(const Retagged& done, const Style& style) {
  return style.Bold(fmt::format("{}: {}\n", done.file.string(), Headline(done))) +
         ChangesText(done.changes, style) + KeptText(done.kept, style) + Outcome(done, style);
}

nlohmann::json RetaggedJson(const Retagged& done) {
  nlohmann::json json{{"file", done.file.string()},
                      {"format", done.format ? FormatName(*done.format) : ""},
                      {"written", done.written},
                      {"written_to", done.written_to.string()},
                      {"undone", done.undone},
                      {"error", done.error},
                      {"changes", nlohmann::json::array()},
                      {"kept", nlohmann::json::array()}};
  for (const TagChange& change : done.changes) {
    json["changes"].push_back(TagJson(change.tag));
    json["changes"].back()["to"] = change.becomes;
  }
  for (const KeptTag& one : done.kept) {
    json["kept"].push_back(TagJson(one.tag));
    json["kept"].back()["reason"] = one.reason;
  }
  return json;
}

}  // namespace portcullis::report
