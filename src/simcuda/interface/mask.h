// Owns: what CUDA_VISIBLE_DEVICES means.
//
// Sources: CUDA C++ Programming Guide 13.0, "CUDA Environment Variables", and PyTorch 2.11's
// torch/cuda/__init__.py (_parse_visible_devices), which follows what the driver does where the
// guide is silent: repeats leave no device at all, text after a number is ignored.
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

// The devices that a mask leaves visible, as positions in `uuids`, in the order the mask asks for.
// `mask` is nothing when the variable is not set: every device. Never fails; a mask that makes
// no sense leaves no device, as it does on a real host.
std::vector<std::size_t> VisibleDevices(std::optional<std::string_view> mask,
                                        std::span<const Uuid> uuids);

}  // namespace portcullis::simcuda
