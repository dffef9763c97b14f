#include "src/portability/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "src/portability/torch_mask.h"

namespace portcullis::portability {
namespace {

struct Rule {
  Asked asked;
  Trouble trouble;
  std::string_view error;
  std::string_view reason;
};

// torch.load asks torch.cuda.is_available() first, which swallows every reason; ATen initialises
// CUDA and passes on what that said. In C++ "cuda" has no index, and cudaGetDevice comes before
// all that. (torch/serialization.py _validate_device; c10/cuda/CUDAFunctions.cpp
// device_count_ensure_non_zero; c10/cuda/impl/CUDAGuardImpl.h getDevice; PyTorch 2.11.)
constexpr std::array kRules{
    Rule{Asked::kTorchLoad, Trouble::kCpuBuild, "deserialize-no-cuda",
         "the tag {device} names a GPU and this PyTorch is built without CUDA"},
    Rule{Asked::kTorchLoad, Trouble::kNoDriver, "deserialize-no-cuda",
         "the tag {device} names a GPU and the host has no NVIDIA driver"},
    Rule{Asked::kTorchLoad, Trouble::kDriverTooOld, "deserialize-no-cuda",
         "the tag {device} names a GPU and the driver is too old for this PyTorch"},
    Rule{Asked::kTorchLoad, Trouble::kStartFails, "deserialize-no-cuda",
         "the tag {device} names a GPU and CUDA does not start (error {start_error})"},
    Rule{Asked::kTorchLoad, Trouble::kNoGpu, "deserialize-no-cuda",
         "the tag {device} names a GPU and none is visible"},
    Rule{Asked::kTorchLoad, Trouble::kNoSuchGpu, "deserialize-no-such-gpu",
         "the tag {device} names a GPU beyond the {visible} visible"},
    Rule{Asked::kTorchLoad, Trouble::kNotCounted, "deserialize-no-such-gpu",
         "the tag {device} names a GPU beyond the {counted} that PyTorch reads in the mask {mask}, "
         "of which the driver makes {visible}"},
    Rule{Asked::kTorchLoad, Trouble::kNoMemory, "out-of-memory",
         "the storages do not fit into the memory of {device}"},
    Rule{Asked::kAten, Trouble::kCpuBuild, "cpu-build",
         "{device} is asked of a build without CUDA"},
    Rule{Asked::kAten, Trouble::kNoDriver, "no-driver",
         "{device} is asked for and the host has no NVIDIA driver"},
    Rule{Asked::kAten, Trouble::kDriverTooOld, "driver-too-old",
         "{device} is asked for and the driver is too old for this PyTorch"},
    Rule{Asked::kAten, Trouble::kStartFails, "start-failed",
         "{device} is asked for and CUDA does not start (error {start_error})"},
    Rule{Asked::kAten, Trouble::kNoGpu, "no-gpus", "{device} is asked for and no GPU is visible"},
    Rule{Asked::kAten, Trouble::kNoSuchGpu, "invalid-ordinal",
         "{device} is asked for and only {visible} GPUs are visible"},
    Rule{Asked::kAten, Trouble::kNoMemory, "out-of-memory",
         "the storages do not fit into the memory of {device}"},
    Rule{Asked::kCurrent, Trouble::kCpuBuild, "not-linked",
         "{device} is asked of a build without CUDA, which cannot say which GPU is current"},
    Rule{Asked::kCurrent, Trouble::kNoDriver, "driver-too-old",
         "{device} is asked for, and CUDA without a driver says that it is too old"},
    Rule{Asked::kCurrent, Trouble::kDriverTooOld, "driver-too-old",
         "{device} is asked for and the driver is too old for this PyTorch"},
    Rule{Asked::kCurrent, Trouble::kStartFails, "start-failed",
         "{device} is asked for and CUDA does not start (error {start_error})"},
    Rule{Asked::kCurrent, Trouble::kNoGpu, "no-capable-device",
         "{device} is asked for and no GPU is visible"},
    Rule{Asked::kCurrent, Trouble::kNoSuchGpu, "invalid-ordinal",
         "{device} is asked for and the mask names a GPU twice"},
};

bool DriverIsTooOld(const Place& place, const Build& build) {
  constexpr int kMajor = 1000;  // 13000 is 13.0; minor versions are compatible
  return place.driver_version / kMajor < build.cuda;
}

// What torch.cuda.device_count() returns, where CUDA starts.
std::size_t CountedGpus(const Place& place, const Build& build) {
  const std::size_t visible = place.memory_bytes.size();
  if (!place.mask) return visible;
  return CountedByTorch(*place.mask, place.uuids, build.torch).value_or(visible);
}

// A device in code is made by an operator, which initialises CUDA.
bool AsksWhichIsCurrent(Asked asked, std::string_view device, std::string_view phase,
                        const Build& build) {
  return asked == Asked::kAten && !build.python && device == "cuda" && phase != "use";
}

struct Refusal {
  Asked by;
  Trouble trouble;
};

// torch.load compares an index with its own count; what passes that is asked of ATen.
std::optional<Refusal> RefusalOf(Asked asked, std::size_t index, const Place& place,
                                 const Build& build) {
  const auto trouble = TroubleWith(index, place, build);
  if (asked == Asked::kTorchLoad && trouble.value_or(Trouble::kNoSuchGpu) == Trouble::kNoSuchGpu) {
    const std::size_t counted = CountedGpus(place, build);
    const bool as_the_driver = counted == place.memory_bytes.size();
    if (index >= counted) {
      return Refusal{asked, as_the_driver ? Trouble::kNoSuchGpu : Trouble::kNotCounted};
    }
    asked = Asked::kAten;
  }
  if (!trouble) return std::nullopt;
  constexpr int kInvalidDevice = 101;  // cudaErrorInvalidDevice: a mask names a GPU twice
  const bool in_cudas_words = asked == Asked::kCurrent && place.start_error == kInvalidDevice;
  if (in_cudas_words && trouble == Trouble::kStartFails) return Refusal{asked, Trouble::kNoSuchGpu};
  return Refusal{asked, *trouble};
}

std::string Fill(std::string_view text, const std::string& device, const Place& place,
                 const Build& build) {
  return fmt::format(fmt::runtime(text), fmt::arg("device", device),
                     fmt::arg("visible", place.memory_bytes.size()),
                     fmt::arg("counted", CountedGpus(place, build)),
                     fmt::arg("mask", place.mask.value_or("unset")),
                     fmt::arg("start_error", place.start_error));
}

}  // namespace

std::optional<std::size_t> CudaIndex(std::string_view device) {
  if (device == "cuda") return 0;
  constexpr std::string_view kPrefix = "cuda:";
  if (!device.starts_with(kPrefix)) return std::nullopt;
  std::size_t index = 0;
  std::from_chars(device.data() + kPrefix.size(), device.data() + device.size(), index);
  return index;
}

std::optional<Trouble> TroubleWith(std::size_t index, const Place& place, const Build& build) {
  if (build.cuda == 0) return Trouble::kCpuBuild;
  if (place.driver_version == 0) return Trouble::kNoDriver;
  if (DriverIsTooOld(place, build)) return Trouble::kDriverTooOld;
  if (place.start_error != 0) return Trouble::kStartFails;
  if (place.memory_bytes.empty()) return Trouble::kNoGpu;
  if (index >= place.memory_bytes.size()) return Trouble::kNoSuchGpu;
  return std::nullopt;
}

std::optional<Prediction> AskingFails(Asked asked, const std::string& device, const char* phase,
                                      const Place& place, const Build& build) {
  const auto index = CudaIndex(device);
  if (!index) return std::nullopt;
  if (AsksWhichIsCurrent(asked, device, phase, build)) asked = Asked::kCurrent;
  const auto refusal = RefusalOf(asked, *index, place, build);
  if (!refusal) return std::nullopt;
  return Fails(refusal->by, refusal->trouble, device, phase, place, build);
}

Prediction Fails(Asked asked, Trouble trouble, const std::string& device, const char* phase,
                 const Place& place, const Build& build) {
  const auto* rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) {
    return r.asked == asked && r.trouble == trouble;
  });
  Prediction prediction;
  prediction.loads = false;
  prediction.error = rule->error;
  prediction.phase = phase;
  prediction.reason = Fill(rule->reason, device, place, build);
  return prediction;
}

Prediction Raises(std::string_view error, std::string reason, const char* phase) {
  Prediction prediction;
  prediction.loads = false;
  prediction.error = error;
  prediction.phase = phase;
  prediction.reason = std::move(reason);
  return prediction;
}

Prediction Unsupported(std::string reason) {
  Prediction prediction;
  prediction.loads = false;
  prediction.supported = false;
  prediction.reason = std::move(reason);
  return prediction;
}

}  // namespace portcullis::portability
