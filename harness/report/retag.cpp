#include "harness/report/retag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <vector>

#include "harness/report/device_map.h"
#include "harness/report/json_text.h"
#include "src/base/quote.h"
#include "src/checkpoint/printable.h"

namespace portcullis::report {
namespace {

using checkpoint::DeviceTag;
using checkpoint::KeptTag;
using checkpoint::Printable;
using checkpoint::TagChange;
using suite::Retagged;
using suite::RetaggedSet;

std::string Subject(const DeviceTag& tag) { return tag.storage.empty() ? tag.name : tag.storage; }

// "0, 1, 2, … 214 in all"
std::string Few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  constexpr std::size_t kLongest = 40;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    if (names[i].empty()) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", ShortenedName(names[i], kLongest));
  }
  if (names.size() > kShown) text += fmt::format(", … {} in all", names.size());
  return text;
}

// What follows `columns` of coloured text on a line that is indented by two, in lines that fit.
std::string Behind(std::size_t columns, const std::string& text, const Style& style) {
  return Paragraph(std::string(columns, '.') + text, 2, style).substr(2 + columns);
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
    const std::string few = Few(subjects);
    text += "  " + style.Bad(from) + " → " + style.Good(to);
    text += Behind(Columns(from + to) + 3,
                   fmt::format("  {}{}{}", place, few.empty() ? "" : " " + few,
                               member.empty() ? "" : "  in " + member),
                   style);
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
    text += fmt::format("  {} stays: {}\n{}", style.Odd(device), reason,
                        Paragraph(Few(subjects), 4, style));
  }
  return text;
}

std::string Outcome(const Retagged& done, const Style& style) {
  if (!done.written) return "  nothing was written\n";
  if (done.undone) return "";
  const std::string to = done.written_to.string();
  const std::string shown = done.written_to == done.file ? "it" : Printable(to);
  if (done.copied) return fmt::format("  copied to {}\n", shown);
  return fmt::format("  written to {}; undo: {}\n", shown,
                     style.Bold("portcullis retag --undo " + Printable(Quoted(to))));
}

std::string Listed(const std::vector<std::string>& tags) {
  return tags.empty() ? "none" : fmt::format("{}", fmt::join(tags, ", "));
}

std::string Headline(const Retagged& done) {
  if (done.undone) {
    return done.written ? "has its old bytes again" : "can be given its old bytes back";
  }
  if (!done.format) return "has nothing to undo";
  std::string format = FormatName(*done.format);
  if (done.format == checkpoint::Format::kShardedIndex) return format;
  if (!done.changes.empty()) {
    return fmt::format("{}, {} tag{} {}", format, done.changes.size(),
                       done.changes.size() == 1 ? "" : "s",
                       done.written ? "changed" : "would change");
  }
  return fmt::format("{}, no tag to change (its tags: {})", format, Listed(done.tags));
}

std::string FileText(const Retagged& done, const Style& style) {
  return style.Bold(fmt::format("{}: {}\n", Printable(done.file.string()), Headline(done))) +
         ChangesText(done.changes, style) + KeptText(done.kept, style) + Outcome(done, style);
}

std::string UnmatchedText(const RetaggedSet& set, const Style& style) {
  std::set<std::string> tags;
  for (const Retagged& done : set.files) tags.insert(done.tags.begin(), done.tags.end());
  std::string text;
  for (const std::string& pair : set.unmatched) {
    text += Paragraph(
        fmt::format("{}: --map {} matches no tag (its tags: {})", Printable(set.named.string()),
                    Printable(pair), Listed({tags.begin(), tags.end()})),
        0, style);
  }
  return text;
}

nlohmann::json TagJson(const DeviceTag& tag) {
  return {{"place", PlaceName(tag.place)}, {"member", tag.member}, {"offset", tag.offset},
          {"storage", tag.storage},        {"name", tag.name},     {"from", tag.device}};
}

nlohmann::json FileJson(const Retagged& done) {
  nlohmann::json json{{"file", done.file.string()},
                      {"format", done.format ? FormatName(*done.format) : ""},
                      {"written", done.written},
                      {"written_to", done.written_to.string()},
                      {"undone", done.undone},
                      {"copied", done.copied && done.written},
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

}  // namespace

std::string RetaggedText(const RetaggedSet& set, const Style& style) {
  if (set.left_alone) return "";
  std::string text;
  for (const Retagged& done : set.files) {
    if (done.error.empty()) text += FileText(done, style);
  }
  return text + UnmatchedText(set, style);
}

std::string RetaggedLines(const RetaggedSet& set) {
  std::string text;
  for (const Retagged& done : set.files) {
    nlohmann::json json = FileJson(done);
    json["unmatched"] = set.unmatched;
    text += LineOf(json);
  }
  return text;
}

}  // namespace portcullis::report
