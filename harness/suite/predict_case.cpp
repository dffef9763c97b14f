#include "harness/suite/predict_case.h"

#include <charconv>

#include "src/simcuda/interface/device_order.h"
#include "src/simcuda/interface/mask.h"

namespace portcullis::suite {
namespace {

std::optional<std::string_view> MaskText(const host::Mask& mask) {
  return mask.value ? std::optional<std::string_view>(*mask.value) : std::nullopt;
}

// Positions in Host::gpus of what a mask leaves visible, in CUDA's order.
std::vector<std::size_t> Visible(const host::Host& host, const host::Mask& mask) {
  const simcuda::HostDescription description = host::Describe(host);
  const auto order = simcuda::DeviceOrder(description, false);
  std::vector<simcuda::Uuid> uuids;
  for (const std::size_t device : order) {
    simcuda::Uuid uuid{};
    std::copy(std::begin(description.devices[device].uuid),
              std::end(description.devices[device].uuid), uuid.begin());
    uuids.push_back(uuid);
  }
  std::vector<std::size_t> visible = simcuda::VisibleDevices(MaskText(mask), uuids);
  for (std::size_t& device : visible) device = order[device];
  return visible;
}

}  // namespace

portability::Place PlaceOf(const host::Host& host, const host::Mask& mask) {
  portability::Place place;
  place.driver_version = host.driver_version;
  for (const std::size_t gpu : Visible(host, mask)) {
    place.memory_bytes.push_back(host.gpus[gpu].profile.memory_bytes);
  }
  return place;
}

std::vector<std::string> OrdinalsOf(const host::Host& host, const host::Mask& mask) {
  std::vector<std::string> names(host.gpus.size(), "hidden");
  int ordinal = 0;
  for (const std::size_t gpu : Visible(host, mask)) {
    names[gpu] = "cuda:" + std::to_string(ordinal++);
  }
  return names;
}

portability::Prediction PredictCase(const checkpoint::DeviceMap& map, const host::Host& host,
                                    const host::Mask& mask, const host::Runtime& runtime,
                                    const portability::Strategy& strategy, bool trust) {
  const portability::Build build{
      runtime.family == "python", runtime.cuda, trust,
      portability::ParseTorchVersion(runtime.version).value_or(portability::kDefaultTorch)};
  return portability::Predict(map, PlaceOf(host, mask), build, strategy);
}

}  // namespace portcullis::suite
