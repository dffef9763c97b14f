#include "harness/host/fault_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/names.h"
#include "src/simcuda/interface/entry_names.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::host {
namespace {

using simcuda::FaultAction;
using simcuda::FaultDevice;
using simcuda::FaultPoint;
using simcuda::FaultRule;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array kBytes = {Unit{"", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                               Unit{"GiB", 1ULL << 30}};
constexpr std::array kTimes = {Unit{"us", 1000}, Unit{"ms", 1000 * 1000},
                               Unit{"s", 1000 * 1000 * 1000}};
constexpr std::array kNumber = {Unit{"", 1}};
constexpr std::uint64_t kLargest = 1ULL << 62;  // so that none is negative as a FaultRule::value

// Errors that people call otherwise than CUDA does.
constexpr std::array<std::pair<std::string_view, int>, 4> kOtherErrorNames = {
    {{"oom", 2}, {"busy", 46}, {"no-kernel-image", 209}, {"ecc", 214}}};

constexpr std::array<std::pair<std::string_view, int>, 6> kSignals = {{{"kill", SIGKILL},
                                                                       {"abort", SIGABRT},
                                                                       {"segv", SIGSEGV},
                                                                       {"bus", SIGBUS},
                                                                       {"term", SIGTERM},
                                                                       {"stop", SIGSTOP}}};

// What stands before '=' in WHAT, if anything may stand behind it.
struct Action {
  std::string_view name;
  FaultAction action;
  std::span<const Unit> units;  // of its value; none: takes no value
  bool needs_value;
  std::string_view expected;
};
constexpr std::array kActions = {
    Action{"delay", FaultAction::kDelay, kTimes, true, "a time like 200ms"},
    Action{"hang", FaultAction::kHang, {}, false, "no value"},
    Action{"flip", FaultAction::kFlip, kNumber, false, "the number of a bit"},
    Action{"short", FaultAction::kShort, kBytes, false, "bytes, like 100 or 4KiB"},
    Action{"only", FaultAction::kOnly, kBytes, true, "bytes, like 8GiB"},
};

// The text of one fault, taken apart from left to right.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  FaultRule Parse() {
    CheckLength(text_, sizeof(rule_.text), "");
    text_.copy(rule_.text, sizeof(rule_.text) - 1);
    const std::size_t at = text_.find('@');
    if (at == std::string::npos) Fail("found no '@', expected WHAT@WHERE, such as oom@malloc:2");
    ReadWhat(std::string_view(text_).substr(0, at));
    std::string_view rest = std::string_view(text_).substr(at + 1);
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
      ReadDevice(rest.substr(slash + 1));
      rest = rest.substr(0, slash);
    }
    // Operators have two colons of their own: aten::mm:2.
    const std::size_t operators = rest.find("::");
    const std::size_t colon =
        rest.find(':', operators == std::string_view::npos ? 0 : operators + 2);
    ReadWhere(rest.substr(0, colon));
    if (colon != std::string_view::npos) ReadWhen(rest.substr(colon + 1));
    CheckTogether();
    return rule_;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw UsageError(fmt::format("fault '{}': {}", text_, what));
  }
  [[noreturn]] void Fail(std::string_view part, std::string_view expected) const {
    Fail(fmt::format("found '{}', expected {}", part, expected));
  }

  void CheckLength(std::string_view part, std::size_t room, std::string_view what) const {
    if (part.size() < room) return;
    Fail(fmt::format("found {} bytes{}, expected at most {}", part.size(), what, room - 1));
  }

  std::uint64_t Quantity(std::string_view part, std::span<const Unit> units,
                         std::string_view expected) const {
    std::uint64_t number = 0;
    const char* const end = part.data() + part.size();
    const auto read = std::from_chars(part.data(), end, number);
    const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
    for (const Unit& known : units) {
      const bool fits = number <= kLargest / known.factor;
      if (read.ec == std::errc{} && unit == known.name && fits) return number * known.factor;
    }
    Fail(part, expected);
  }

  void ReadWhat(std::string_view part) {
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    for (const Action& action : kActions) {
      if (action.name == name) return ReadAction(action, part, equals);
    }
    if (equals != std::string_view::npos)
      Fail(part, "a value behind delay, flip, short or only alone");
    for (const auto& [signal, number] : kSignals) {
      if (signal == name) return Set(FaultAction::kSignal, number);
    }
    if (const auto error = FindErrorCode(name)) return Set(FaultAction::kError, *error);
    Fail(UnknownName("error or action", name, KnownWhats()));
  }

  void ReadAction(const Action& action, std::string_view part, std::size_t equals) {
    if (equals == std::string_view::npos) {
      if (action.needs_value) Fail(part, fmt::format("{}= and {}", action.name, action.expected));
      return Set(action.action, simcuda::kFaultDefault);
    }
    if (action.units.empty()) Fail(part, fmt::format("{} alone", action.name));
    Set(action.action, static_cast<std::int64_t>(
                           Quantity(part.substr(equals + 1), action.units, action.expected)));
  }

  void Set(FaultAction action, std::int64_t value) {
    rule_.action = action;
    rule_.value = value;
  }

  static std::vector<std::string> KnownWhats() {
    std::vector<std::string> names = KnownErrors();
    for (const auto& [name, number] : kSignals) names.emplace_back(name);
    for (const Action& action : kActions) names.emplace_back(action.name);
    return names;
  }

  void ReadWhere(std::string_view part) {
    for (const auto& [point, name] : simcuda::kFaultPoints) {
      if (name != part) continue;
      rule_.point = point;
      return;
    }
    if (part.find("::") != std::string_view::npos) return ReadName(FaultPoint::kOperator, part);
    if (simcuda::FindEntry(part) != simcuda::kNoEntry) {
      return ReadName(FaultPoint::kEntryPoint, part);
    }
    Fail(UnknownName("place", part, KnownWheres(part)));
  }

  void ReadName(FaultPoint point, std::string_view part) {
    CheckLength(part, sizeof(rule_.name), " of a name");
    rule_.point = point;
    part.copy(rule_.name, sizeof(rule_.name) - 1);
  }

  // Entry points only for those who mean one: there are hundreds.
  static std::vector<std::string> KnownWheres(std::string_view wanted) {
    std::vector<std::string> names;
    for (const auto& [point, name] : simcuda::kFaultPoints) names.emplace_back(name);
    if (!wanted.starts_with("cu")) return names;
    std::vector<std::string> entries;
    for (const std::string_view name : simcuda::kEntryNames) entries.emplace_back(name);
    const std::string nearest = NearestName(wanted, entries);
    if (!nearest.empty()) names.push_back(nearest);
    return names;
  }

  void ReadWhen(std::string_view part) {
    for (std::size_t comma = 0; comma != std::string_view::npos;) {
      comma = part.find(',');
      ReadCondition(part.substr(0, comma));
      if (comma != std::string_view::npos) part.remove_prefix(comma + 1);
    }
  }

  void ReadCondition(std::string_view part) {
    if (!part.empty() && part.front() >= '0' && part.front() <= '9') return ReadCalls(part);
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (name == "after") {
      rule_.after_bytes = Quantity(value, kBytes, "bytes behind after=, like 4MiB");
    } else if (name == "p") {
      rule_.probability = Probability(value);
    } else if (name == "seed") {
      rule_.seed = Quantity(value, kNumber, "a whole number behind seed=");
    } else {
      Fail(UnknownName("condition", name, std::vector<std::string>{"after", "p", "seed"}) +
           ", or the number of a call: 3, 3+ or 3-5");
    }
  }

  // "3", "3+" or "3-5".
  void ReadCalls(std::string_view part) {
    constexpr std::string_view kExpected = "the number of a call from 1 on: 3, 3+ or 3-5";
    const std::size_t end = part.find_first_of("+-");
    rule_.first = Quantity(part.substr(0, end), kNumber, kExpected);
    rule_.last = rule_.first;
    if (end != std::string_view::npos && part[end] == '-') {
      rule_.last = Quantity(part.substr(end + 1), kNumber, kExpected);
    } else if (end != std::string_view::npos) {
      if (end + 1 != part.size()) Fail(part, kExpected);
      rule_.last = simcuda::kForEver;
    }
    if (rule_.first == 0 || rule_.last < rule_.first) Fail(part, kExpected);
  }

  double Probability(std::string_view part) const {
    double value = 0;
    const char* const end = part.data() + part.size();
    const auto read = std::from_chars(part.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || !(value > 0 && value <= 1)) {
      Fail(part, "a probability above 0 and up to 1 behind p=");
    }
    return value;
  }

  void ReadDevice(std::string_view part) {
    constexpr std::array kinds = {std::pair("cuda:", FaultDevice::kOrdinal),
                                  std::pair("gpu:", FaultDevice::kPhysical)};
    for (const auto& [prefix, kind] : kinds) {
      if (!part.starts_with(prefix)) continue;
      const std::string_view number = part.substr(std::string_view(prefix).size());
      const std::uint64_t device = Quantity(number, kNumber, "the number of a device");
      if (device >= 64) Fail(part, "a device below 64");
      rule_.device_is = kind;
      rule_.device = static_cast<std::int32_t>(device);
      return;
    }
    Fail(part, "cuda:N as the program counts, or gpu:N as the host counts");
  }

  // Actions that make sense in some places only.
  void CheckTogether() const {
    const bool copies =
        rule_.point == FaultPoint::kHostToDevice || rule_.point == FaultPoint::kDeviceToHost ||
        rule_.point == FaultPoint::kDeviceToDevice || rule_.point == FaultPoint::kCopy;
    const bool writes = rule_.action == FaultAction::kFlip || rule_.action == FaultAction::kShort;
    if (writes && !copies) Fail("flip and short are for copies: h2d, d2h, d2d or copy");
    if (rule_.action == FaultAction::kOnly && rule_.point != FaultPoint::kMalloc) {
      Fail("only is for malloc");
    }
  }

  const std::string& text_;
  FaultRule rule_ = {FaultPoint::kNone,
                     FaultAction::kError,
                     FaultDevice::kAny,
                     0,
                     1,
                     simcuda::kForEver,
                     0,
                     1.0,
                     0,
                     0,
                     {},
                     {}};
};

}  // namespace

std::optional<int> FindErrorCode(std::string_view name) {
  for (const auto& [other, code] : kOtherErrorNames) {
    if (other == name) return code;
  }
  for (const simcuda::ErrorText& error : simcuda::Errors()) {
    if (error.code == 0) continue;  // success is no error
    if (name == error.name || name == simcuda::ShortErrorName(error)) return error.code;
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

FaultRule ParseFault(const std::string& text) { return Parser(text).Parse(); }

}  // namespace portcullis::host
