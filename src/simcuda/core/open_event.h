// Owns: the event of the call that a thread is in: taking its slot in the flight record when the
// call begins, and saying there how it ended.
#pragma once

#include <driver_types.h>

#include <cstdint>

#include "src/simcuda/core/device.h"
#include "src/simcuda/core/record.h"

namespace portcullis::simcuda {

class OpenEvent {
 public:
  // `entry`: a row of entry_names.h or the number of an operator. A quiet event takes its slot only
  // when a rule fires in it or its call fails, and begins then: programs ask all the time, and a
  // look at the clock is most of what a call costs.
  OpenEvent(Record& record, std::uint16_t entry, bool quiet);
  ~OpenEvent();
  OpenEvent(const OpenEvent&) = delete;
  OpenEvent& operator=(const OpenEvent&) = delete;

  // The event of the innermost call that this thread is in; null outside of any.
  static OpenEvent* Current();

  // What the call has come to; null for a device that has no number here.
  void At(FaultPoint point, const Device* device, std::uint64_t bytes);
  // A rule of the fault plan has fired in it.
  void Fired(std::size_t rule);
  // The call returns this.
  cudaError_t End(cudaError_t result);

 private:
  void TakeSlot();

  Record& record_;
  OpenEvent* const outer_;
  const std::uint16_t entry_;
  CallEvent* slot_ = nullptr;  // null while the event is quiet
  std::uint64_t sequence_ = 0;
  std::uint64_t begin_ns_ = 0;
  FaultPoint point_ = FaultPoint::kNone;
  const Device* device_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace portcullis::simcuda
