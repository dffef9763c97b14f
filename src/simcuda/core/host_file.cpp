#include "src/simcuda/core/host_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <tuple>

#include "src/simcuda/core/say.h"

namespace portcullis::simcuda {
namespace {

auto PciAddress(const DeviceDescription& device) {
  return std::tuple(device.pci_domain, device.pci_bus, device.pci_device);
}

auto Speed(const DeviceDescription& device) {
  return std::tuple(device.compute_major, device.compute_minor,
                    std::int64_t{device.multiprocessors} * device.clock_khz);
}

const char* WhatIsWrong(const HostDescription& host) {
  if (host.magic != kHostMagic) return "it does not start like a host description";
  if (host.version != kHostVersion) return "it is of another version";
  if (host.device_count > kMaxDevices) return "it has more devices than there may be";
  return nullptr;
}

}  // namespace

std::optional<HostDescription> ReadHost() {
  const char* path = std::getenv(kHostVariable);
  if (!path) return std::nullopt;
  HostDescription host = {};
  std::ifstream file(path, std::ios::binary);
  const char* wrong = nullptr;
  if (!file) {
    wrong = "it cannot be opened";
  } else if (!file.read(reinterpret_cast<char*>(&host), sizeof host)) {
    wrong = "it is too short";
  } else {
    wrong = WhatIsWrong(host);
  }
  if (!wrong) return host;
  Say(std::string("host description '") + path + "' (" + kHostVariable + "): " + wrong +
      "; there is no driver");
  return std::nullopt;
}

std::vector<std::size_t> DeviceOrder(const HostDescription& host, bool by_pci_address) {
  std::vector<std::size_t> order(host.device_count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return PciAddress(host.devices[a]) < PciAddress(host.devices[b]);
  });
  if (by_pci_address || order.empty()) return order;
  const auto fastest =
      std::max_element(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return Speed(host.devices[a]) < Speed(host.devices[b]);
      });
  std::rotate(order.begin(), fastest, fastest + 1);
  return order;
}

}  // namespace portcullis::simcuda
