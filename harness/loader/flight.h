// Owns: the phase the loader is in: told to the flight record, and timed.
#pragma once

#include <array>
#include <chrono>

#include "src/simcuda/interface/flight_record.h"

namespace portcullis::loader {

using simcuda::Phase;

class Clock {
 public:
  // Maps the flight record named in the environment, if one is. Throws BadRequest.
  Clock();
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  // Ends the phase before and begins this one.
  void Enter(Phase phase);
  void Stop();
  Phase phase() const { return phase_; }
  double seconds(Phase phase) const { return seconds_.at(static_cast<std::size_t>(phase)); }

 private:
  simcuda::FlightRecord* record_ = nullptr;
  Phase phase_ = Phase::kStart;
  bool running_ = false;
  std::chrono::steady_clock::time_point since_;
  std::array<double, simcuda::kPhases> seconds_{};
};

}  // namespace portcullis::loader
