// Owns: the events of a flight record: what a child asked of the simulated CUDA runtime, call by
// call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/simcuda/interface/fault_plan.h"
#include "src/simcuda/interface/flight_record.h"

namespace portcullis::host {

// One call; simcuda::CallEvent has the meaning of each field.
struct FlightEvent {
  std::uint64_t sequence =
      0;  // from 1, in the order in which calls began; a gap where some are lost
  std::uint64_t begin_ns = 0;  // CLOCK_MONOTONIC
  std::uint64_t duration_ns = 0;
  std::uint32_t process = 0, thread = 0;
  simcuda::Phase phase = simcuda::Phase::kStart;
  std::string call;           // "cudaMemcpyAsync", "aten::mm", "libcublas.so.13: cublasCreate_v2"
  std::string_view point;     // "h2d", "malloc", "launch", "operator": what it came to; may be ""
  std::optional<int> device;  // the number in cuda:N
  std::optional<int> gpu;     // the same device as the host counts
  std::uint64_t bytes = 0;
  std::optional<int> result;  // a cudaError_t; nothing: it did not return
  std::string injected;       // the fault that fired in it, as it was spelt; "": none
};

struct FlightLog {
  std::vector<FlightEvent> events;  // in order of sequence
  std::uint64_t begun = 0;  // how many there were; more than events.size(): the middle is lost
};

// The rule as it was spelt.
std::string TextOf(const simcuda::FaultRule& rule);

// A copy of the events that stand in a record. `faults`: the fault plan of its host.
FlightLog CopyLog(const simcuda::FlightRecord& record, std::span<const simcuda::FaultRule> faults);

}  // namespace portcullis::host
