// Owns: writing the flight record. Counting is done with atomic operations only; naming a refused
// call takes a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "src/simcuda/interface/flight_record.h"

namespace portcullis::simcuda {

class Record {
 public:
  // Maps the file that the environment variable names, at the first call; without it, or if it
  // cannot be used (said on standard error), what is counted is kept in this process's memory and
  // lost with it.
  static Record& Get(const char* variable = kRecordVariable);
  // Lets go of the record; the next call reads the environment again. For tests, as
  // Process::Forget().
  static void Forget();

  // Writes into `record`, which must outlive this object.
  explicit Record(FlightRecord& record) : record_(record) {}

  void CountCall() { record_.calls.fetch_add(1, std::memory_order_relaxed); }
  // `device` is a position in the host description, here and below.
  void CountCopy(std::uint32_t device, FaultPoint direction, std::uint64_t bytes);
  void CountKernel(std::uint32_t device);
  void CountAllocation(std::uint32_t device, std::uint64_t bytes);
  void CountFree(std::uint32_t device, std::uint64_t bytes);
  // The next event's sequence, and where an event is kept.
  std::uint64_t NextSequence() {
    return record_.events_begun.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  CallEvent& Slot(std::uint64_t sequence) { return record_.events[EventSlot(sequence)]; }
  std::uint32_t phase() const { return record_.phase.load(std::memory_order_relaxed); }
  // The counts of one rule of the fault plan.
  RuleState& Rule(std::size_t number) { return record_.rules[number]; }
  // The number by which events know something that is no entry point: an operator, a function of
  // another library. Takes a lock. kNoEntry when there is no more room.
  std::uint16_t OtherEntry(std::string_view name);

  // Keeps "LIBRARY: FUNCTION" once, and says it on standard error once.
  void Refuse(std::string_view library, std::string_view function, std::string_view why);

 private:
  DeviceCounters& Counters(std::uint32_t device);
  void RaisePeak(std::uint32_t device, std::uint64_t in_use);
  void KeepName(const std::string& name);

  FlightRecord& record_;
  std::mutex names_mutex_;
  std::set<std::string, std::less<>> names_;  // of this process
};

// Of this process and thread, as the operating system numbers them; asked for once.
std::uint32_t ProcessId();
std::uint32_t ThreadId();

}  // namespace portcullis::simcuda
