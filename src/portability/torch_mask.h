// Owns: how many GPUs PyTorch itself counts behind a mask.
//
// torch.cuda.device_count(), which torch.load goes by, reads CUDA_VISIBLE_DEVICES in Python and
// asks NVML, so that a process may fork afterwards; the driver is not asked. The two readings
// differ on masks that nobody writes on purpose: "0,9,0" is no GPU to PyTorch and one to the
// driver. (torch/cuda/__init__.py _parse_visible_devices, _device_count_nvml,
// _transform_uuid_to_ordinals; 2.0 to 2.15, and 1.13, which knows numbers alone.)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/portability/torch_version.h"

namespace portcullis::portability {

// What torch.cuda.device_count() of that version returns on a machine with GPUs of these UUIDs
// ("GPU-8a3f…", as NVML names them). Nothing where PyTorch asks the driver: a mask of MIG names.
// A sign without digits, on which PyTorch raises ValueError, counts as no number.
std::optional<std::size_t> CountedByTorch(std::string_view mask, std::span<const std::string> uuids,
                                          const TorchVersion& torch);

}  // namespace portcullis::portability
