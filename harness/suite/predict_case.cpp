#include "harness/suite/predict_case.h"

#include <charconv>

#include "src/simcuda/interface/device_order.h"
#include "src/simcuda/interface/mask.h"

namespace portcullis::suite {
namespace {

std::optional<std::string_view> MaskText(const host::Mask& mask) {
  return mask.value ? std::optional<std::string_view>(*mask.value) : std::nullopt;
}

}  // namespace

portability::Place PlaceOf(const host::Host& host, const host::Mask& mask) {
  const simcuda::HostDescription description = host::Describe(host);
  const auto order = simcuda::DeviceOrder(description, false);
  std::vector<simcuda::Uuid> uuids;
  for (const std::size_t device : order) {
    simcuda::Uuid uuid{};
    std::copy(std::begin(description.devices[device].uuid),
              std::end(description.devices[device].uuid), uuid.begin());
    uuids.push_back(uuid);
  }
  portability::Place place;
  place.driver_version = host.driver_version;
  for (const std::size_t visible : simcuda::VisibleDevices(MaskText(mask), uuids)) {
    place.memory_bytes.push_back(host.gpus[order[visible]].profile.memory_bytes);
  }
  return place;
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
