// Owns: what CUDA_VISIBLE_DEVICES means.
//
// Sources: CUDA C++ Programming Guide 13.0, "CUDA Environment Variables"; where the guide is
// silent, what driver 580 did on an NVIDIA H200 (fixtures/golden/hardware): text after a number or
// after a whole UUID is ignored, numbers are cut to 32 bits, and a device named twice before the
// list ends keeps CUDA from starting. PyTorch reads masks itself too, and otherwise
// (torch/cuda/__init__.py, _parse_visible_devices).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::simcuda {

using Uuid = std::array<std::uint8_t, 16>;

// "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", as nvidia-smi prints it.
std::string UuidText(const Uuid& uuid);

struct Masked {
  std::vector<std::size_t> devices;  // visible, as positions in `uuids`, in the mask's order
  bool repeats = false;              // CUDA does not start: cudaErrorInvalidDevice; no devices
  bool operator==(const Masked&) const = default;
};

// What a mask leaves of the devices with these UUIDs. `mask` is nothing when the variable is not
// set: every device. Never fails; a mask that makes no sense leaves no device, as it does on a
// real host.
Masked ReadMask(std::optional<std::string_view> mask, std::span<const Uuid> uuids);

// The devices of ReadMask alone.
std::vector<std::size_t> VisibleDevices(std::optional<std::string_view> mask,
                                        std::span<const Uuid> uuids);

}  // namespace portcullis::simcuda
