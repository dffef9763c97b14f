// Owns: becoming a simulated host for the length of one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/simcuda/interface/flight_record.h"
#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr std::uint64_t kGiB = 1 << 30;

// A value that an enumeration does not have, as a program may pass it.
template <class Enumeration>
Enumeration Junk(int value) {
  return static_cast<Enumeration>(value);
}

// A device with a UUID and a PCI address of its own number.
DeviceDescription TestDevice(int number, std::uint64_t memory_bytes = 16 * kGiB);

// A host with a driver for CUDA 13.0 and these devices.
HostDescription TestHost(const std::vector<DeviceDescription>& devices);

// The host with these faults in its plan (harness/host/fault_text.h).
HostDescription WithFaults(HostDescription host, const std::vector<std::string>& faults);

// One event of the flight record, copied.
struct Seen {
  std::string name;
  FaultPoint point;
  int device;
  std::uint64_t bytes;
  int result;
  int rule;  // 1 + the rule that fired
};

// A test that runs on a simulated host; two devices of 16 GiB unless Become() says otherwise.
class SimulatedHost : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Becomes a host, at the next call. No mask: the variable is not set.
  void Become(const HostDescription& host, std::optional<std::string> mask = std::nullopt);
  // Becomes a host without a driver.
  void BecomeDriverless();

  FlightRecord& record() { return *record_; }
  // The events of the record, in order.
  std::vector<Seen> Events();
  // Empties the record, as that of a new case.
  void ResetRecord();
  const DeviceCounters& counters(Phase phase, int device) {
    return record_->counters[static_cast<std::size_t>(phase)][device];
  }

 private:
  std::string folder_;
  FlightRecord* record_ = nullptr;
};

}  // namespace portcullis::simcuda
