#include "tests/unit/simcuda/simulated_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/host/fault_text.h"
#include "src/simcuda/core/call.h"
#include "src/simcuda/interface/entry_names.h"

namespace portcullis::simcuda {

DeviceDescription TestDevice(int number, std::uint64_t memory_bytes) {
  DeviceDescription device = {};
  std::snprintf(device.name, sizeof device.name, "Test GPU");
  for (std::uint8_t& byte : device.uuid) byte = static_cast<std::uint8_t>(0xA0 + number);
  device.memory_bytes = memory_bytes;
  device.compute_major = 9;
  device.multiprocessors = 132;
  device.max_threads_per_multiprocessor = 2048;
  device.l2_bytes = 50 << 20;
  device.clock_khz = 1'980'000;
  device.memory_clock_khz = 3'201'000;
  device.memory_bus_bits = 5120;
  device.pci_bus = 0x10 + number;
  return device;
}

HostDescription TestHost(const std::vector<DeviceDescription>& devices) {
  HostDescription host = {};
  host.magic = kHostMagic;
  host.version = kHostVersion;
  host.driver_version = 13000;
  for (const DeviceDescription& device : devices) host.devices[host.device_count++] = device;
  return host;
}

HostDescription WithFaults(HostDescription host, const std::vector<std::string>& faults) {
  for (const std::string& text : faults) host.faults[host.fault_count++] = host::ParseFault(text);
  return host;
}

static std::string NameOf(const FlightRecord& record, std::uint16_t entry) {
  if (entry < std::size(kEntryNames)) return std::string(kEntryNames[entry]);
  return entry == kNoEntry ? "?" : record.other_names[entry - kFirstOtherName];
}

std::vector<Seen> SimulatedHost::Events() {
  std::vector<Seen> events;
  for (std::uint64_t sequence = 1; sequence <= record_->events_begun; ++sequence) {
    const CallEvent& event = record_->events[EventSlot(sequence)];
    if (event.sequence != sequence) continue;
    const std::uint16_t entry = event.entry;
    events.push_back({NameOf(*record_, entry), static_cast<FaultPoint>(event.point.load()),
                      event.device, event.bytes, event.result, event.rule});
  }
  return events;
}

void SimulatedHost::ResetRecord() {
  std::memset(static_cast<void*>(record_), 0, kRecordBytes);
  record_->magic = kRecordMagic;
  record_->version = kRecordVersion;
}

void SimulatedHost::SetUp() {
  folder_ = (std::filesystem::temp_directory_path() / "portcullis-simcuda-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  const std::string path = folder_ + "/record";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(ftruncate(file, kRecordBytes), 0);
  void* memory = mmap(nullptr, kRecordBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  ASSERT_NE(memory, MAP_FAILED);
  record_ = static_cast<FlightRecord*>(memory);
  ResetRecord();
  setenv(kRecordVariable, path.c_str(), 1);
  Become(TestHost({TestDevice(0), TestDevice(1)}));
}

void SimulatedHost::TearDown() {
  BecomeDriverless();
  unsetenv(kRecordVariable);
  munmap(record_, kRecordBytes);
  std::filesystem::remove_all(folder_);
}

void SimulatedHost::Become(const HostDescription& host, std::optional<std::string> mask) {
  BecomeDriverless();
  const std::string path = folder_ + "/host";
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(&host), sizeof host);
  setenv(kHostVariable, path.c_str(), 1);
  if (mask) setenv("CUDA_VISIBLE_DEVICES", mask->c_str(), 1);
}

void SimulatedHost::BecomeDriverless() {
  Process::Forget();
  Record::Forget();
  CurrentOrdinal() = 0;
  LastError() = cudaSuccess;
  unsetenv(kHostVariable);
  unsetenv("CUDA_VISIBLE_DEVICES");
  unsetenv("CUDA_DEVICE_ORDER");
}

}  // namespace portcullis::simcuda
