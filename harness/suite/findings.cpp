#include "harness/suite/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "src/base/quote.h"
#include "src/base/size.h"
#include "src/checkpoint/printable.h"
#include "src/portability/readers.h"
#include "src/portability/weights_only.h"

namespace portcullis::suite {
namespace {

using checkpoint::Concern;
using checkpoint::DeviceMap;
using checkpoint::Problem;

constexpr std::array kRules{
    FindingRule{"does-not-load", Level::kError, "does not load",
                "The rules say that this way of loading fails on that host. The remedy loads it."},
    FindingRule{"differs-from-prediction", Level::kError, "loads otherwise than predicted",
                "A real load (--confirm) and the rules disagree: one of the two is wrong."},
    FindingRule{"not-confirmed", Level::kWarning, "could not be loaded here",
                "The load that --confirm asked for needs something that is missing here."},
    FindingRule{"damaged", Level::kError, "is damaged",
                "PyTorch would not load it either. Save it or copy it again."},
    FindingRule{"unreadable", Level::kError, "cannot be read", "Check its path and permissions."},
    FindingRule{"not-read", Level::kError, "is of a kind that is not read",
                "It may be a checkpoint, but of a kind or size that Portcullis does not read."},
    FindingRule{"not-a-checkpoint", Level::kError, "is no checkpoint",
                "It is something else; the text says what it looks like."},
    FindingRule{"too-large", Level::kError, "is larger than the policy allows",
                "See limits in .portcullis.yaml."},
    FindingRule{"not-judged", Level::kWarning, "was not judged",
                "No way of loading that was asked about exists for this format and runtime."},
    FindingRule{"refused-globals", Level::kWarning,
                "asks for globals that weights_only=True refuses",
                "Since PyTorch 2.6 torch.load refuses them by default. Save a state_dict, allow "
                "them with torch.serialization.add_safe_globals, or trust whoever made the file."},
    FindingRule{"device-in-data", Level::kWarning, "names devices that no map_location reaches",
                "The load succeeds and what uses the device fails: a torch.device kept as data, a "
                "device written into TorchScript code or into a graph."},
    FindingRule{"bound-to-architecture", Level::kWarning, "is compiled for one kind of device",
                "Compiled packages run where they were compiled for. Compile again for others."},
    FindingRule{"deflated", Level::kWarning, "has deflated entries",
                "torch.load(mmap=True) reads wrong weights from them without an error. Save it "
                "again, or zip it without compression."},
    FindingRule{"odd", Level::kWarning, "is odd",
                "PyTorch and other programs may read it "
                "differently."},
};

Finding Found(std::string_view rule, std::string text, std::string remedy = "") {
  return {&FindingRuleOf(rule), std::move(text), std::move(remedy)};
}

// "portcullis retag FILE --to cpu" with the file's name in it.
std::string WithFile(const std::string& remedy, const std::string& path) {
  constexpr std::string_view kFile = "FILE";
  const std::size_t at = remedy.find(kFile);
  if (at == std::string::npos) return remedy;
  return remedy.substr(0, at) + Quoted(path) + remedy.substr(at + kFile.size());
}

// One finding for each runtime, strategy and error; the hosts that share it stand together.
void AddFailures(const DeviceMap& map, const std::vector<Forecast>& forecasts,
                 std::vector<Finding>& findings) {
  std::vector<bool> told(forecasts.size());
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    const Forecast& first = forecasts[i];
    if (told[i] || first.prediction.loads || !first.prediction.supported) continue;
    std::vector<std::string> hosts;
    for (std::size_t j = i; j < forecasts.size(); ++j) {
      const Forecast& other = forecasts[j];
      const bool same =
          std::tie(first.runtime, first.strategy, first.prediction.error,
                   first.prediction.reason) ==
          std::tie(other.runtime, other.strategy, other.prediction.error, other.prediction.reason);
      if (!same) continue;
      told[j] = true;
      hosts.push_back(other.host);
    }
    findings.push_back(
        Found("does-not-load",
              fmt::format("{} on {}, {}: {}: {}", first.strategy, fmt::join(hosts, ", "),
                          first.runtime, first.prediction.Text(), first.prediction.reason),
              WithFile(first.prediction.remedy, map.path)));
  }
}

void AddNotJudged(const std::vector<Forecast>& forecasts, std::vector<Finding>& findings) {
  const bool none = std::none_of(forecasts.begin(), forecasts.end(), [](const Forecast& forecast) {
    return forecast.prediction.supported;
  });
  if (none && !forecasts.empty()) {
    findings.push_back(Found("not-judged", forecasts.front().prediction.reason));
  }
}

// A global as Python code names it: what is built in (Python 2's name too), or the program's own,
// has no module.
std::string_view AsCode(std::string_view global) {
  for (const std::string_view module : {"builtins.", "__builtin__.", "__main__."}) {
    if (global.starts_with(module)) return global.substr(module.size());
  }
  return global;
}

// `of`: " of PyTorch 2.6.0", or "" where only the default one was asked about.
void AddRefused(const std::vector<std::string>& refused, const std::string& of,
                std::vector<Finding>& findings) {
  constexpr std::size_t kMost = 8;
  const auto shown = std::span(refused).first(std::min(refused.size(), kMost));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  std::vector<std::string_view> code;
  for (const std::string& global : shown) code.push_back(AsCode(global));
  if (shown.size() < refused.size()) {
    text += fmt::format(" and {} more", refused.size() - shown.size());
    code.emplace_back("...");
  }
  findings.push_back(
      Found("refused-globals", fmt::format("weights_only=True{} refuses {}", of, text),
            fmt::format("torch.serialization.add_safe_globals([{}]), or save a state_dict",
                        fmt::join(code, ","))));  // without a blank: code is not broken
}

// One finding for the versions that refuse the same.
void AddRefusedGlobals(const DeviceMap& map, const std::vector<portability::TorchVersion>& pythons,
                       std::vector<Finding>& findings) {
  const auto* reader = portability::FindReader(map.format, true);
  if (reader == nullptr || !reader->weights_only) return;
  std::map<std::vector<std::string>, std::vector<std::string>> versions;  // by what they refuse
  for (const auto& torch : pythons) {
    auto refused = portability::WeightsOnlyRefuses(map.globals, torch);
    if (!refused.empty()) versions[std::move(refused)].push_back(torch.Text());
  }
  const bool unsaid = pythons == std::vector{portability::kDefaultTorch};
  for (const auto& [refused, names] : versions) {
    AddRefused(refused, unsaid ? "" : fmt::format(" of PyTorch {}", fmt::join(names, ", ")),
               findings);
  }
}

// One finding for each kind of place and device.
void AddDevicesInData(const DeviceMap& map, std::vector<Finding>& findings) {
  std::set<std::pair<checkpoint::Place, std::string>> told;
  for (const auto& tag : map.tags) {
    const bool harmless = tag.place == checkpoint::Place::kStorageTag ||
                          tag.place == checkpoint::Place::kLookalike ||
                          tag.place == checkpoint::Place::kRebuildArgument || tag.device == "cpu" ||
                          tag.device == "meta";
    if (harmless || !told.emplace(tag.place, tag.device).second) continue;
    const std::string where = tag.name.empty() ? tag.member : tag.name;
    findings.push_back(
        Found("device-in-data",
              fmt::format("a {} names {}{}: no map_location reaches it", PlaceName(tag.place),
                          tag.device, where.empty() ? "" : fmt::format(" ({})", where))));
  }
}

void AddWarnings(const DeviceMap& map, std::vector<Finding>& findings) {
  for (const checkpoint::Warning& warning : map.warnings) {
    const char* rule = "odd";
    if (warning.concern == Concern::kDeflated) rule = "deflated";
    if (warning.concern == Concern::kCompiled) rule = "bound-to-architecture";
    findings.push_back(Found(rule, warning.text));
  }
}

void AddLimits(const DeviceMap& map, std::uint64_t file_bytes, const Policy& policy,
               std::vector<Finding>& findings) {
  if (policy.most_bytes && file_bytes > *policy.most_bytes) {
    findings.push_back(
        Found("too-large", fmt::format("the file has {}, the policy allows {}",
                                       SizeText(file_bytes), SizeText(*policy.most_bytes))));
  }
  if (policy.most_tensors && map.tensors.size() > *policy.most_tensors) {
    findings.push_back(Found("too-large", fmt::format("{} tensors, the policy allows {}",
                                                      map.tensors.size(), *policy.most_tensors)));
  }
}

// An error's text, and on a line of its own what to do next.
std::pair<std::string, std::string> TextAndRemedy(const checkpoint::CheckpointError& error) {
  constexpr std::string_view kNext = "\n  next: ";
  const std::string text = error.what();
  const std::size_t next = text.find(kNext);
  if (next == std::string::npos) return {text, ""};
  return {text.substr(0, next), text.substr(next + kNext.size())};
}

}  // namespace

std::span<const FindingRule> FindingRules() { return kRules; }

const FindingRule& FindingRuleOf(std::string_view id) {
  return *std::find_if(kRules.begin(), kRules.end(),
                       [id](const FindingRule& rule) { return rule.id == id; });
}

MapSummary Summarise(const DeviceMap& map) {
  MapSummary summary{map.format, map.tensors.size(), 0, {}};
  for (const auto& storage : map.storages) {
    summary.bytes += storage.bytes;
    summary.by_tag[storage.device] += storage.bytes;
  }
  return summary;
}

bool Checked::Passes() const {
  return allowed || std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
           return finding.rule->level == Level::kError;
         });
}

std::vector<Finding> FindingsOf(const DeviceMap& map, std::uint64_t file_bytes,
                                const std::vector<Forecast>& forecasts, const Policy& policy,
                                const std::vector<portability::TorchVersion>& pythons) {
  std::vector<Finding> findings;
  AddFailures(map, forecasts, findings);
  AddNotJudged(forecasts, findings);
  AddLimits(map, file_bytes, policy, findings);
  AddRefusedGlobals(map, pythons, findings);
  AddDevicesInData(map, findings);
  AddWarnings(map, findings);
  return findings;
}

Finding FindingOf(const checkpoint::CheckpointError& error) {
  // The text names the file first, which every report does itself.
  auto [text, remedy] = TextAndRemedy(error);
  const std::string file = checkpoint::Printable(error.spot().file) + ": ";
  if (text.starts_with(file)) text.erase(0, file.size());
  const char* rule = "not-a-checkpoint";
  if (error.problem() == Problem::kDamaged) rule = "damaged";
  if (error.problem() == Problem::kUnsupported) rule = "not-read";
  if (error.problem() == Problem::kUnreadable) rule = "unreadable";
  return Found(rule, std::move(text), std::move(remedy));
}

bool IsOfPart(const checkpoint::CheckpointError& error, const std::filesystem::path& file) {
  const std::filesystem::path part = error.spot().file;
  return part != file && part != file / ".metadata";
}

Finding FindingOfPart(const checkpoint::CheckpointError& error) {
  const std::string part = checkpoint::Printable(error.spot().file);
  std::error_code ignored;
  if (error.problem() == Problem::kUnreadable &&
      !std::filesystem::exists(std::filesystem::symlink_status(error.spot().file, ignored))) {
    return Found("damaged", fmt::format("its part {} is missing", part),
                 fmt::format("copy {} there, or the whole checkpoint again", Quoted(part)));
  }
  auto [text, remedy] = TextAndRemedy(error);
  const char* rule = "damaged";
  if (error.problem() == Problem::kUnsupported) rule = "not-read";
  if (error.problem() == Problem::kUnreadable) rule = "unreadable";
  return Found(rule, "its part " + text, std::move(remedy));
}

Finding FindingOfFolder(const std::string& why) {
  return Found("unreadable",
               fmt::format("found no readable folder ({}), expected one to search", why),
               "check its permissions");
}

}  // namespace portcullis::suite
