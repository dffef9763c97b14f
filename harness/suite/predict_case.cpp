#include "harness/suite/predict_case.h"

#include <charconv>

#include "harness/host/visible.h"

namespace portcullis::suite {

portability::Place PlaceOf(const host::Host& host, const host::Mask& mask) {
  portability::Place place;
  place.driver_version = host.driver_version;
  place.start_error = host::StartError(host, mask);
  for (const std::size_t gpu : host::VisibleGpus(host, mask)) {
    place.memory_bytes.push_back(host.gpus[gpu].profile.memory_bytes);
  }
  place.mask = host::WithinCallers(host, mask).value;
  place.uuids = host::Uuids(host);
  return place;
}

std::vector<std::string> OrdinalsOf(const host::Host& host, const host::Mask& mask) {
  std::vector<std::string> names(host.gpus.size(), "hidden");
  int ordinal = 0;
  for (const std::size_t gpu : host::VisibleGpus(host, mask)) {
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
