#include "harness/repro/givers.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "harness/scenario/case.h"
#include "harness/suite/predict_case.h"
#include "src/portability/predict.h"

namespace portcullis::repro {
namespace {

constexpr std::array kFormats{checkpoint::Format::kZip, checkpoint::Format::kTorchScript,
                              checkpoint::Format::kLegacy};
struct Family {
  const char* name;
  portability::Build build;
};
// As PyTorch 2.11 is built: CUDA 13.
constexpr std::array kFamilies{Family{"python", {true, 13, false}},
                               Family{"cpp", {false, 13, false}},
                               Family{"cpp-cpu", {false, 0, false}}};
constexpr std::array kHosts{"no-driver", "driver-no-gpu", "old-driver", "2xh200@empty",
                            "1xt4",      "1xh200",        "2xh200"};

checkpoint::DeviceMap OneStorage(checkpoint::Format format, const std::string& tag) {
  constexpr std::uint64_t kBytes = 16;
  checkpoint::DeviceMap map;
  map.format = format;
  map.storages = {{"0", tag, "float32", kBytes}};
  map.tensors = {{"weight", "float32", {2, 2}, kBytes, "0", tag, "data.pkl"}};
  return map;
}

std::vector<std::string> HostsThatGive(std::string_view error, const checkpoint::DeviceMap& map,
                                       const portability::Build& build,
                                       const portability::Strategy& strategy,
                                       const host::HostLibrary& hosts) {
  std::vector<std::string> names;
  for (const char* name : kHosts) {
    const auto [host_name, mask] = scenario::ParseHostAndMask(name);
    const host::Host host = hosts.Find(host_name);
    const auto place = suite::PlaceOf(host, mask.value ? mask : host.mask);
    if (portability::Predict(map, place, build, strategy).error == error) names.emplace_back(name);
  }
  return names;
}

}  // namespace

std::vector<Giver> WhoGives(std::string_view error, const std::string& tag,
                            const host::HostLibrary& hosts) {
  std::vector<Giver> givers;
  for (const Family& family : kFamilies) {
    for (const auto format : kFormats) {
      const auto map = OneStorage(format, tag);
      for (const auto& row : portability::StrategyTable()) {
        const auto strategy = portability::ParseStrategy(row.example);
        auto names = HostsThatGive(error, map, family.build, strategy, hosts);
        if (names.empty()) continue;
        Giver giver{family.name, std::string(row.example), {}, std::move(names)};
        auto same = std::find_if(givers.begin(), givers.end(), [&](const Giver& other) {
          return std::tie(other.runtime, other.strategy, other.hosts) ==
                 std::tie(giver.runtime, giver.strategy, giver.hosts);
        });
        if (same == givers.end()) same = givers.insert(givers.end(), std::move(giver));
        same->formats.push_back(FormatName(format));
      }
    }
  }
  return givers;
}

}  // namespace portcullis::repro
