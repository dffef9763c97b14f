#include "harness/host/visible.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "harness/host/child_host.h"
#include "src/simcuda/interface/device_order.h"
#include "src/simcuda/interface/mask.h"

namespace portcullis::host {
namespace {

bool ShowsNoneAnywhere(const Mask& mask) {
  constexpr std::size_t kMany = simcuda::kMaxDevices;
  return simcuda::VisibleDevices(mask.View(), std::vector<simcuda::Uuid>(kMany)).empty() &&
         mask.value->find("GPU") == std::string::npos;
}

std::vector<std::size_t> Ordered(const simcuda::HostDescription& description) {
  const auto order = simcuda::DeviceOrder(description, false);
  return {order.begin(), order.end()};
}

constexpr int kInvalidDevice = 101;  // cudaErrorInvalidDevice, driver_types.h of CUDA 13.0

simcuda::Uuid UuidOf(const simcuda::HostDescription& description, std::size_t device) {
  simcuda::Uuid uuid{};
  const auto& bytes = description.devices[device].uuid;
  std::copy(std::begin(bytes), std::end(bytes), uuid.begin());
  return uuid;
}

// Positions in Host::gpus, not in CUDA's order.
simcuda::Masked Behind(const Host& host, const Mask& mask) {
  const simcuda::HostDescription description = Describe(host);
  std::vector<std::size_t> order(host.gpus.size());
  std::iota(order.begin(), order.end(), std::size_t{0});  // this machine's are in CUDA's order
  if (host.simulated) order = Ordered(description);
  std::vector<simcuda::Uuid> uuids;
  uuids.reserve(order.size());
  for (const std::size_t device : order) uuids.push_back(UuidOf(description, device));
  simcuda::Masked masked = simcuda::ReadMask(mask.View(), uuids);
  for (std::size_t& device : masked.devices) device = order[device];
  return masked;
}

}  // namespace

std::vector<std::size_t> VisibleGpus(const Host& host, const Mask& mask) {
  return Behind(host, mask).devices;
}

std::vector<std::string> Uuids(const Host& host) {
  const simcuda::HostDescription description = Describe(host);
  std::vector<std::string> uuids;
  uuids.reserve(host.gpus.size());
  for (std::size_t i = 0; i < host.gpus.size(); ++i) {
    uuids.push_back(simcuda::UuidText(UuidOf(description, i)));
  }
  return uuids;
}

int StartError(const Host& host, const Mask& mask) {
  if (host.start_error != 0) return host.start_error;
  return Behind(host, mask).repeats ? kInvalidDevice : 0;
}

Mask WithinCallers(const Host& machine, const Mask& mask) {
  if (!machine.mask.value || (mask.value && ShowsNoneAnywhere(mask))) return mask;
  const simcuda::Masked masked = Behind(machine, mask);
  std::vector<std::string> uuids;
  if (masked.repeats) uuids.assign(2, machine.gpus.front().uuid);  // as little starts
  for (const std::size_t gpu : masked.devices) uuids.push_back(machine.gpus[gpu].uuid);
  return {fmt::format("{}", fmt::join(uuids, ","))};
}

}  // namespace portcullis::host
