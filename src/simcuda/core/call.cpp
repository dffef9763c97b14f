#include "src/simcuda/core/call.h"

namespace portcullis::simcuda {

cudaError_t& LastError() {
  thread_local cudaError_t last = cudaSuccess;
  return last;
}

cudaError_t MeetFaults(Process& process, Entry entry) {
  if (process.faults().empty()) return cudaSuccess;
  Place place;
  place.point = FaultPoint::kEntryPoint;
  place.device = process.FindDevice(CurrentOrdinal());
  place.entry = entry.row();
  return process.faults().Ask(place).error;
}

}  // namespace portcullis::simcuda
