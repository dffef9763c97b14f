#include "harness/suite/predict_case.h"

#include <charconv>

#include "src/simcuda/core/mask.h"

namespace portcullis::suite {
namespace {

std::optional<std::string_view> MaskText(const host::Mask& mask) {
  return mask.value ? std::optional<std::string_view>(*mask.value) : std::nullopt;
}

}  // namespace

portability::Place PlaceOf(const host::Host& host, const host::Mask& mask) {
  const simcuda::HostDescription description = host::Describe(host);
  std::vector<simcuda::Uuid> uuids;
  for (std::uint32_t i = 0; i < description.device_count; ++i) {
    simcuda::Uuid uuid{};
    std::copy(std::begin(description.devices[i].uuid), std::end(description.devices[i].uuid),
              uuid.begin());
    uuids.push_back(uuid);
  }
  portability::Place place;
  place.driver_version = host.driver_version;
  for (const std::size_t device : simcuda::VisibleDevices(MaskText(mask), uuids)) {
    place.memory_bytes.push_back(host.gpus[device].profile.memory_bytes);
  }
  return place;
}

portability::Prediction PredictCase(const checkpoint::DeviceMap& map, const host::Host& host,
                                    const host::Mask& mask, const host::Runtime& runtime,
                                    const portability::Strategy& strategy, bool trust) {
  const portability::Build build{runtime.family == "python", runtime.cuda, trust};
  return portability::Predict(map, PlaceOf(host, mask), build, strategy);
}

}  // namespace portcullis::suite
