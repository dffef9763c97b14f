#include "harness/hardware/shown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "src/simcuda/interface/mask.h"

namespace portcullis::hardware {
namespace {

std::optional<std::string_view> MaskText(const host::Mask& mask) {
  return mask.value ? std::optional<std::string_view>(*mask.value) : std::nullopt;
}

// UUIDs that no mask can name: only ordinals carry over from one machine to another.
std::vector<simcuda::Uuid> Nameless(std::size_t count) {
  std::vector<simcuda::Uuid> uuids(count);
  for (std::size_t i = 0; i < count; ++i) {
    uuids[i].fill(0xFF);
    uuids[i].back() = static_cast<std::uint8_t>(i);
  }
  return uuids;
}

// Whether a driver is older than the runtime's CUDA major version (CUDA compatibility guide: within
// a major version an older driver will do).
bool TooOld(const host::Host& host, const host::Runtime& runtime) {
  constexpr int kMajor = 1000;
  return host.driver_version / kMajor < runtime.cuda;
}

std::string Cannot(const host::Host& declared, const host::Mask& mask, const host::Runtime& runtime,
                   const host::Host& here) {
  if (declared.driver_version == 0 && here.driver_version != 0) {
    return "needs a host without a driver; this machine has one";
  }
  if (declared.driver_version != 0 && here.driver_version == 0) {
    return "needs an NVIDIA driver; this machine has none";
  }
  if (declared.gpus.empty() && !here.gpus.empty()) {
    return "needs a driver without GPUs; this machine has GPUs";
  }
  if (declared.gpus.size() > here.gpus.size()) {
    return fmt::format("needs {} GPUs; this machine has {}", declared.gpus.size(),
                       here.gpus.size());
  }
  if (declared.driver_version != 0 && TooOld(declared, runtime) != TooOld(here, runtime)) {
    return fmt::format("needs a driver {} for CUDA {}; this machine's is {}",
                       TooOld(declared, runtime) ? "too old" : "new enough", runtime.cuda,
                       TooOld(here, runtime) ? "too old" : "not");
  }
  if (mask.value && mask.value->find("GPU-") != std::string::npos) {
    return "needs GPUs with the UUIDs in its mask";
  }
  return {};
}

}  // namespace

Shown ShowHere(const host::Host& declared, const host::Mask& mask, const host::Runtime& runtime,
               const host::Host& here) {
  if (std::string because = Cannot(declared, mask, runtime, here); !because.empty())
    return {{}, because};
  if (declared.gpus.size() == here.gpus.size()) return {mask, {}};
  const auto visible = simcuda::VisibleDevices(MaskText(mask), Nameless(declared.gpus.size()));
  return {{fmt::format("{}", fmt::join(visible, ","))}, {}};
}

}  // namespace portcullis::hardware
