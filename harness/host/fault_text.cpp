#include "harness/host/fault_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/host/fault_words.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/simcuda/interface/host_description.h"

namespace portcullis::host {
namespace {

using simcuda::FaultAction;
using simcuda::FaultDevice;
using simcuda::FaultPoint;
using simcuda::FaultRule;

constexpr std::uint64_t kLargest = 1ULL << 62;  // so that none is negative as a FaultRule::value

// What stands before and behind the first `mark`; nothing behind it if there is none.
std::pair<std::string_view, std::optional<std::string_view>> SplitAt(std::string_view text,
                                                                     std::size_t mark) {
  if (mark == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, mark), text.substr(mark + 1)};
}

// The text of one fault, taken apart from left to right.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  FaultRule Parse() {
    Keep(text_, rule_.text, "");
    const auto [what, rest] = SplitAt(text_, text_.find('@'));
    if (!rest) Fail("found no '@', expected WHAT@WHERE, such as oom@malloc:2");
    ReadWhat(what);
    const auto [place_and_time, device] = SplitAt(*rest, rest->find('/'));
    if (device) ReadDevice(*device);
    // Operators have two colons of their own: aten::mm:2.
    const std::size_t colons = place_and_time.find("::");
    const std::size_t from = colons == std::string_view::npos ? 0 : colons + 2;
    const auto [place, when] = SplitAt(place_and_time, place_and_time.find(':', from));
    ReadWhere(place);
    if (when) ReadWhen(*when);
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

  // Zero-terminated: the rule was filled with zeros.
  template <std::size_t room>
  void Keep(std::string_view part, char (&target)[room], std::string_view what) const {
    if (part.size() >= room) {
      Fail(fmt::format("found {} bytes{}, expected at most {}", part.size(), what, room - 1));
    }
    part.copy(target, room - 1);
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
    const auto [name, value] = SplitAt(part, part.find('='));
    if (const Action* action = FindAction(name)) return ReadAction(*action, part, value);
    if (value) Fail(part, "a value behind delay, flip, short or only alone");
    const auto happening = FindHappening(name);
    if (!happening) Fail(UnknownName("error or action", name, KnownWhats()));
    rule_.action = happening->action;
    rule_.value = happening->value;
  }

  void ReadAction(const Action& action, std::string_view part,
                  std::optional<std::string_view> value) {
    if (!value && action.needs_value) {
      Fail(part, fmt::format("{}= and {}", action.name, action.expected));
    }
    if (value && action.units.empty()) Fail(part, fmt::format("{} alone", action.name));
    rule_.action = action.action;
    rule_.value = simcuda::kFaultDefault;
    if (!value) return;
    rule_.value = static_cast<std::int64_t>(Quantity(*value, action.units, action.expected));
  }

  void ReadWhere(std::string_view part) {
    rule_.point = FindPlace(part);
    if (rule_.point == FaultPoint::kNone) Fail(UnknownName("place", part, KnownPlaces(part)));
    if (rule_.point == FaultPoint::kOperator || rule_.point == FaultPoint::kEntryPoint) {
      Keep(part, rule_.name, " of a name");
    }
  }

  void ReadWhen(std::string_view part) {
    for (std::optional<std::string_view> rest = part; rest;) {
      std::string_view condition;
      std::tie(condition, rest) = SplitAt(*rest, rest->find(','));
      ReadCondition(condition);
    }
  }

  void ReadCondition(std::string_view part) {
    if (!part.empty() && part.front() >= '0' && part.front() <= '9') return ReadCalls(part);
    const auto [name, given] = SplitAt(part, part.find('='));
    const std::string_view value = given.value_or("");
    if (name == "after") {
      rule_.after_bytes = Quantity(value, ByteUnits(), "bytes behind after=, like 4MiB");
    } else if (name == "p") {
      rule_.probability = Probability(value);
    } else if (name == "seed") {
      rule_.seed = Quantity(value, NoUnits(), "a whole number behind seed=");
    } else {
      Fail(UnknownName("condition", name, std::vector<std::string>{"after", "p", "seed"}) +
           ", or the number of a call: 3, 3+ or 3-5");
    }
  }

  // "3", "3+" or "3-5".
  void ReadCalls(std::string_view part) {
    constexpr std::string_view kExpected = "the number of a call from 1 on: 3, 3+ or 3-5";
    const auto [first, last] = SplitAt(part, part.find_first_of("+-"));
    rule_.first = Quantity(first, NoUnits(), kExpected);
    rule_.last = rule_.first;
    if (last && part[first.size()] == '-') {
      rule_.last = Quantity(*last, NoUnits(), kExpected);
    } else if (last) {
      if (!last->empty()) Fail(part, kExpected);
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
    constexpr std::array kKinds = {std::pair(std::string_view("cuda:"), FaultDevice::kOrdinal),
                                   std::pair(std::string_view("gpu:"), FaultDevice::kPhysical)};
    for (const auto& [prefix, kind] : kKinds) {
      if (!part.starts_with(prefix)) continue;
      const std::uint64_t device =
          Quantity(part.substr(prefix.size()), NoUnits(), "the number of a device");
      if (device >= simcuda::kMaxDevices) {
        Fail(part, fmt::format("a device below {}", simcuda::kMaxDevices));
      }
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

FaultRule ParseFault(const std::string& text) { return Parser(text).Parse(); }

}  // namespace portcullis::host
