#include <charconv>

#include "harness/host/host.h"

namespace portcullis::host {
namespace {

// "GPU-8a3f01c2-…" → its 16 bytes; the text was checked when it was read.
void WriteUuid(const std::string& text, std::uint8_t (&bytes)[16]) {
  std::size_t at = std::string("GPU-").size();
  for (std::uint8_t& byte : bytes) {
    if (at < text.size() && text[at] == '-') ++at;
    if (at + 2 > text.size()) return;
    std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
    at += 2;
  }
}

simcuda::DeviceDescription DescribeGpu(const Gpu& gpu, std::int32_t otherwise_bus) {
  simcuda::DeviceDescription device{};
  const Profile& profile = gpu.profile;
  profile.name.copy(device.name, sizeof(device.name) - 1);
  WriteUuid(gpu.uuid, device.uuid);
  device.memory_bytes = profile.memory_bytes;
  device.compute_major = profile.compute_major;
  device.compute_minor = profile.compute_minor;
  device.multiprocessors = profile.multiprocessors;
  device.max_threads_per_multiprocessor = profile.max_threads_per_multiprocessor;
  device.l2_bytes = profile.l2_bytes;
  device.clock_khz = profile.clock_khz;
  device.memory_clock_khz = profile.memory_clock_khz;
  device.memory_bus_bits = profile.memory_bus_bits;
  device.pci_domain = gpu.pci_domain;
  device.pci_bus = gpu.pci_bus.value_or(otherwise_bus);
  device.pci_device = gpu.pci_device;
  device.state = gpu.state;
  device.used_bytes = gpu.used_bytes;
  return device;
}

}  // namespace

simcuda::HostDescription Describe(const Host& host) {
  simcuda::HostDescription description{};
  description.magic = simcuda::kHostMagic;
  description.version = simcuda::kHostVersion;
  description.driver_version = host.driver_version;
  description.start_error = host.start_error;
  for (const simcuda::FaultRule& rule : host.faults) {
    if (description.fault_count == simcuda::kMaxFaultRules) break;
    description.faults[description.fault_count++] = rule;
  }
  for (const Gpu& gpu : host.gpus) {
    if (description.device_count == simcuda::kMaxDevices) break;
    const std::uint32_t index = description.device_count++;
    description.devices[index] = DescribeGpu(gpu, static_cast<std::int32_t>(index) + 1);
  }
  return description;
}

}  // namespace portcullis::host
