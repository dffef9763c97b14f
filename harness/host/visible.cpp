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

}  // namespace

std::vector<std::size_t> VisibleGpus(const Host& host, const Mask& mask) {
  const simcuda::HostDescription description = Describe(host);
  std::vector<std::size_t> order(host.gpus.size());
  std::iota(order.begin(), order.end(), std::size_t{0});  // this machine's are in CUDA's order
  if (host.simulated) order = Ordered(description);
  std::vector<simcuda::Uuid> uuids;
  for (const std::size_t device : order) {
    simcuda::Uuid uuid{};
    std::copy(std::begin(description.devices[device].uuid),
              std::end(description.devices[device].uuid), uuid.begin());
    uuids.push_back(uuid);
  }
  std::vector<std::size_t> visible = simcuda::VisibleDevices(mask.View(), uuids);
  for (std::size_t& device : visible) device = order[device];
  return visible;
}

Mask WithinCallers(const Host& machine, const Mask& mask) {
  if (!machine.mask.value || (mask.value && ShowsNoneAnywhere(mask))) return mask;
  std::vector<std::string> uuids;
  for (const std::size_t gpu : VisibleGpus(machine, mask)) uuids.push_back(machine.gpus[gpu].uuid);
  return {fmt::format("{}", fmt::join(uuids, ","))};
}

}  // namespace portcullis::host
