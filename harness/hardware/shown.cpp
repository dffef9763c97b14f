#include "harness/hardware/shown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "src/simcuda/interface/mask.h"

namespace portcullis::hardware {
namespace {

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
  if (!declared.faults.empty() || declared.start_error != 0) {
    return "needs faults, which cannot be injected into hardware";
  }
  const auto unwell = [](const host::Gpu& gpu) {
    return gpu.state != simcuda::DeviceState::kHealthy || gpu.used_bytes != 0;
  };
  if (std::any_of(declared.gpus.begin(), declared.gpus.end(), unwell)) {
    return "needs GPUs that are busy, lost or partly in use";
  }
  if (declared.gpus.empty() && !here.gpus.empty()) {
    return "needs a driver without GPUs; this machine has GPUs";
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

// A mask for `here` that leaves as many GPUs as `declared` does, the same ones where it has them.
host::Mask MaskFor(const simcuda::Masked& declared, const host::Mask& written,
                   const host::Host& here) {
  const std::size_t gpus = here.gpus.size();
  const std::vector<std::size_t>& visible = declared.devices;
  if (visible.empty() && simcuda::ReadMask(written.View(), Nameless(gpus)) == declared) {
    return written;
  }
  if (declared.repeats) return {"0,0"};
  const bool all_here = std::all_of(visible.begin(), visible.end(),
                                    [&](std::size_t ordinal) { return ordinal < gpus; });
  std::vector<std::size_t> ordinals(visible.size());
  std::iota(ordinals.begin(), ordinals.end(), std::size_t{0});
  return {fmt::format("{}", fmt::join(all_here ? visible : ordinals, ","))};
}

}  // namespace

Shown ShowHere(const host::Host& declared, const host::Mask& mask, const host::Runtime& runtime,
               const host::Host& here) {
  if (std::string because = Cannot(declared, mask, runtime, here); !because.empty()) {
    return {{}, because};
  }
  if (declared.gpus.size() == here.gpus.size()) return {mask, {}};
  const auto masked = simcuda::ReadMask(mask.View(), Nameless(declared.gpus.size()));
  const std::size_t visible = masked.devices.size();
  if (visible > here.gpus.size()) {
    return {{}, fmt::format("needs {} GPUs; this machine has {}", visible, here.gpus.size())};
  }
  return {MaskFor(masked, mask, here), {}};
}

}  // namespace portcullis::hardware
