#include "harness/host/fault_words.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "src/base/names.h"
#include "src/simcuda/interface/entry_names.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::host {
namespace {

using simcuda::FaultAction;
using simcuda::FaultPoint;

constexpr std::array kBytes = {Unit{"", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                               Unit{"GiB", 1ULL << 30}};
constexpr std::array kTimes = {Unit{"us", 1000}, Unit{"ms", 1000 * 1000},
                               Unit{"s", 1000 * 1000 * 1000}};
constexpr std::array kNumber = {Unit{"", 1}};

using Word = std::pair<std::string_view, int>;

// Errors that people call otherwise than CUDA does.
constexpr std::array kOtherErrorNames = {Word{"oom", 2}, Word{"busy", 46},
                                         Word{"no-kernel-image", 209}, Word{"ecc", 214}};
constexpr std::array kSignals = {Word{"kill", SIGKILL}, Word{"abort", SIGABRT},
                                 Word{"segv", SIGSEGV}, Word{"bus", SIGBUS},
                                 Word{"term", SIGTERM}, Word{"stop", SIGSTOP}};

constexpr std::array kActions = {
    Action{"delay", FaultAction::kDelay, kTimes, true, "a time like 200ms"},
    Action{"hang", FaultAction::kHang, {}, false, "no value"},
    Action{"flip", FaultAction::kFlip, kNumber, false, "the number of a bit"},
    Action{"short", FaultAction::kShort, kBytes, false, "bytes, like 100 or 4KiB"},
    Action{"only", FaultAction::kOnly, kBytes, true, "bytes, like 8GiB"},
};

std::optional<int> Find(std::span<const Word> words, std::string_view name) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const Word& word) { return word.first == name; });
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::span<const Unit> ByteUnits() { return kBytes; }
std::span<const Unit> NoUnits() { return kNumber; }

std::optional<int> FindErrorCode(std::string_view name) {
  if (const auto code = Find(kOtherErrorNames, name)) return code;
  for (const simcuda::ErrorText& error : simcuda::Errors()) {
    const bool called_so = name == error.name || name == simcuda::ShortErrorName(error);
    if (called_so && error.code != 0) return error.code;
  }
  return std::nullopt;
}

std::vector<std::string> KnownErrors() {
  std::vector<std::string> names;
  for (const auto& [name, code] : kOtherErrorNames) names.emplace_back(name);
  for (const simcuda::ErrorText& error : simcuda::Errors()) {
    if (error.code != 0) names.push_back(simcuda::ShortErrorName(error));
  }
  return names;
}

std::optional<Happening> FindHappening(std::string_view name) {
  if (const auto number = Find(kSignals, name)) return Happening{FaultAction::kSignal, *number};
  if (const auto code = FindErrorCode(name)) return Happening{FaultAction::kError, *code};
  return std::nullopt;
}

const Action* FindAction(std::string_view name) {
  const auto* found = std::find_if(kActions.begin(), kActions.end(),
                                   [&](const Action& action) { return action.name == name; });
  return found == kActions.end() ? nullptr : found;
}

std::vector<std::string> KnownWhats() {
  std::vector<std::string> names = KnownErrors();
  for (const auto& [name, number] : kSignals) names.emplace_back(name);
  for (const Action& action : kActions) names.emplace_back(action.name);
  return names;
}

FaultPoint FindPlace(std::string_view name) {
  for (const auto& [point, word] : simcuda::kFaultPoints) {
    if (word == name) return point;
  }
  if (name.find("::") != std::string_view::npos) return FaultPoint::kOperator;
  return simcuda::FindEntry(name) == simcuda::kNoEntry ? FaultPoint::kNone
                                                       : FaultPoint::kEntryPoint;
}

std::vector<std::string> KnownPlaces(std::string_view wanted) {
  std::vector<std::string> names;
  for (const auto& [point, name] : simcuda::kFaultPoints) names.emplace_back(name);
  if (!wanted.starts_with("cu")) return names;
  std::vector<std::string> entries;
  for (const std::string_view name : simcuda::kEntryNames) entries.emplace_back(name);
  const std::string nearest = NearestName(wanted, entries);
  if (!nearest.empty()) names.push_back(nearest);
  return names;
}

}  // namespace portcullis::host
