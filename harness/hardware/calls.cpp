#include "harness/hardware/calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/hardware/recorded_calls.h"

namespace portcullis::hardware {

nlohmann::json CallsJson(const host::FlightLog& log) {
  nlohmann::json calls = nlohmann::json::array();
  for (const host::FlightEvent& event : log.events) {
    if (std::find(kRecordedCalls.begin(), kRecordedCalls.end(), event.call) ==
        kRecordedCalls.end()) {
      continue;
    }
    calls.push_back({event.call, static_cast<int>(event.phase), event.gpu.value_or(-1), event.bytes,
                     event.result.value_or(-1)});
  }
  return calls;
}

std::string CallsText(const nlohmann::json& calls) {
  std::string text;
  for (const auto& call : calls) {
    if (call.at(0).get<std::string>().starts_with("cudaLaunch")) continue;
    text += fmt::format("{} in phase {} on GPU {}, {} bytes: {}\n", call.at(0).get<std::string>(),
                        call.at(1).dump(), call.at(2).dump(), call.at(3).dump(), call.at(4).dump());
  }
  return text;
}

}  // namespace portcullis::hardware
