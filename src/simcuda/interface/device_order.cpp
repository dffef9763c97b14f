#include "src/simcuda/interface/device_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace portcullis::simcuda {
namespace {

auto PciAddress(const DeviceDescription& device) {
  return std::tuple(device.pci_domain, device.pci_bus, device.pci_device);
}

auto Speed(const DeviceDescription& device) {
  return std::tuple(device.compute_major, device.compute_minor,
                    std::int64_t{device.multiprocessors} * device.clock_khz);
}

}  // namespace

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
