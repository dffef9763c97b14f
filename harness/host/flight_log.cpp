#include "harness/host/flight_log.h"

#include <algorithm>
#include <cstring>

#include "src/simcuda/interface/entry_names.h"

namespace portcullis::host {
namespace {

using simcuda::CallEvent;
using simcuda::FlightRecord;

template <class Value>
Value Load(const std::atomic<Value>& value) {
  return value.load(std::memory_order_relaxed);
}

std::string CallName(const FlightRecord& record, std::uint16_t entry) {
  if (entry < std::size(simcuda::kEntryNames)) return std::string(simcuda::kEntryNames[entry]);
  const std::size_t other = entry - simcuda::kFirstOtherName;
  if (entry < simcuda::kFirstOtherName || other >= simcuda::kOtherNames) return "?";
  const char* name = record.other_names[other];
  return {name, strnlen(name, simcuda::kOtherNameBytes)};
}

std::string_view PointName(std::uint8_t number) {
  const auto point = static_cast<simcuda::FaultPoint>(number);
  if (point == simcuda::FaultPoint::kOperator) return "operator";
  for (const auto& [known, name] : simcuda::kFaultPoints) {
    if (known == point) return name;
  }
  return "";
}

std::optional<int> NotNegative(int value) {
  return value < 0 ? std::nullopt : std::optional(value);
}

FlightEvent Copy(const FlightRecord& record, const CallEvent& from,
                 std::span<const simcuda::FaultRule> faults) {
  FlightEvent to;
  to.begin_ns = Load(from.begin_ns);
  to.duration_ns = Load(from.duration_ns);
  to.process = Load(from.process);
  to.thread = Load(from.thread);
  to.phase =
      static_cast<simcuda::Phase>(std::min<std::size_t>(Load(from.phase), simcuda::kPhases - 1));
  to.call = CallName(record, Load(from.entry));
  to.point = PointName(Load(from.point));
  to.device = NotNegative(Load(from.device));
  to.gpu = NotNegative(Load(from.gpu));
  to.bytes = Load(from.bytes);
  to.result = NotNegative(from.result.load(std::memory_order_acquire));
  const std::size_t rule = Load(from.rule);
  if (rule > 0) to.injected = rule <= faults.size() ? TextOf(faults[rule - 1]) : "?";
  return to;
}

}  // namespace

std::string TextOf(const simcuda::FaultRule& rule) {
  return {rule.text, strnlen(rule.text, sizeof(rule.text))};
}

FlightLog CopyLog(const FlightRecord& record, std::span<const simcuda::FaultRule> faults) {
  FlightLog log;
  log.begun = Load(record.events_begun);
  for (std::size_t slot = 0; slot < simcuda::kEvents; ++slot) {
    const CallEvent& event = record.events[slot];
    const std::uint64_t sequence = event.sequence.load(std::memory_order_acquire);
    // The child may have written anything: an event stands where its number says.
    if (sequence == 0 || simcuda::EventSlot(sequence) != slot) continue;
    FlightEvent copy = Copy(record, event, faults);
    copy.sequence = sequence;
    log.events.push_back(std::move(copy));
  }
  std::sort(log.events.begin(), log.events.end(),
            [](const FlightEvent& a, const FlightEvent& b) { return a.sequence < b.sequence; });
  return log;
}

}  // namespace portcullis::host
