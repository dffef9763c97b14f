// Owns: which strings read like a device.
#pragma once

#include <string_view>

namespace portcullis::checkpoint {

// True for what torch.device() parses: a device type, alone or with an index ("cpu", "cuda:1").
// Types: c10/core/Device.cpp of PyTorch 2.11, and the names that out-of-tree backends take.
bool ReadsLikeDevice(std::string_view text);

}  // namespace portcullis::checkpoint
