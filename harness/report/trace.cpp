#include "harness/report/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "harness/report/json_text.h"
#include "harness/report/table.h"
#include "src/base/size.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::report {
namespace {

using host::FlightEvent;
using host::FlightLog;

constexpr std::array kPhaseNames{"start", "load", "move", "read-back", "use"};
static_assert(kPhaseNames.size() == simcuda::kPhases);

std::string PhaseOf(const FlightEvent& event) {
  return kPhaseNames.at(static_cast<std::size_t>(event.phase));
}

std::string ResultOf(const FlightEvent& event) {
  if (!event.result) return "did not return";
  if (*event.result == 0) return "ok";
  return simcuda::ShortErrorName(simcuda::FindError(*event.result));
}

std::uint64_t FirstTime(const FlightLog& log) {
  return log.events.empty() ? 0 : log.events.front().begin_ns;
}

auto WhatOf(const FlightEvent& event) {
  return std::tie(event.phase, event.call, event.point, event.device, event.result, event.injected);
}

// Equal calls without another between them.
struct Stretch {
  const FlightEvent* first;
  std::size_t calls = 0;
  std::uint64_t bytes = 0;
};

std::vector<Stretch> Stretches(const FlightLog& log) {
  std::vector<Stretch> stretches;
  std::uint64_t last = 0;
  for (const FlightEvent& event : log.events) {
    const bool goes_on = !stretches.empty() && event.sequence == last + 1 &&
                         WhatOf(*stretches.back().first) == WhatOf(event);
    if (!goes_on) stretches.push_back({&event});
    ++stretches.back().calls;
    stretches.back().bytes += event.bytes;
    last = event.sequence;
  }
  return stretches;
}

std::string CallOf(const Stretch& stretch) {
  const FlightEvent& event = *stretch.first;
  std::string text = event.call;
  if (stretch.calls > 1) text += fmt::format(" ×{}", stretch.calls);
  return text;
}

// The bytes of a copy carry its direction.
std::string AmountOf(const Stretch& stretch) {
  const std::string_view point = stretch.first->point;
  const bool copies = point == "h2d" || point == "d2h" || point == "d2d";
  if (stretch.bytes == 0) return copies ? std::string(point) : "";
  return copies ? fmt::format("{} {}", point, SizeText(stretch.bytes)) : SizeText(stretch.bytes);
}

std::string EndOf(const Stretch& stretch, const Style& style) {
  const FlightEvent& event = *stretch.first;
  std::string text = ResultOf(event);
  if (!event.injected.empty()) text += fmt::format(" ← {}", event.injected);
  return event.result == 0 && event.injected.empty() ? text : style.Odd(text);
}

}  // namespace

std::string TraceText(const FlightLog& log, const Style& style) {
  constexpr double kMillisecond = 1e6;
  std::vector<std::vector<std::string>> rows;
  std::size_t injected = 0;
  for (const Stretch& stretch : Stretches(log)) {
    const FlightEvent& event = *stretch.first;
    const double time = static_cast<double>(event.begin_ns - FirstTime(log)) / kMillisecond;
    if (!event.injected.empty()) injected += stretch.calls;
    rows.push_back({fmt::format("{:.3f}", time), PhaseOf(event), CallOf(stretch),
                    event.device ? fmt::format("cuda:{}", *event.device) : "", AmountOf(stretch),
                    EndOf(stretch, style)});
  }
  std::string text = Table(
      {{"ms", true}, {"phase"}, {"call"}, {"device"}, {"bytes", true}, {"result"}}, rows, style);
  text += fmt::format("{} calls, {} of them met a fault\n", log.begun, injected);
  if (log.begun > log.events.size()) {
    text += fmt::format("{} calls in the middle were not kept\n", log.begun - log.events.size());
  }
  return text;
}

std::string TraceJson(const FlightLog& log) {
  std::string text;
  const auto or_null = [](const std::optional<int>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
  };
  for (const FlightEvent& event : log.events) {
    const nlohmann::json line = {{"sequence", event.sequence},
                                 {"begin_ns", event.begin_ns - FirstTime(log)},
                                 {"duration_ns", event.duration_ns},
                                 {"process", event.process},
                                 {"thread", event.thread},
                                 {"phase", PhaseOf(event)},
                                 {"call", event.call},
                                 {"point", std::string(event.point)},
                                 {"device", or_null(event.device)},
                                 {"gpu", or_null(event.gpu)},
                                 {"bytes", event.bytes},
                                 {"result", or_null(event.result)},
                                 {"injected", event.injected}};
    text += LineOf(line);
  }
  return text;
}

}  // namespace portcullis::report
