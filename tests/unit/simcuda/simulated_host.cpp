#include "tests/unit/simcuda/simulated_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "src/simcuda/core/call.h"

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
  HostDescription host = {kHostMagic, kHostVersion, 13000, 0, {}};
  for (const DeviceDescription& device : devices) host.devices[host.device_count++] = device;
  return host;
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
  record_->magic = kRecordMagic;
  record_->version = kRecordVersion;
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
