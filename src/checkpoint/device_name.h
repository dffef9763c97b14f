// Owns: which strings read like a device.
#pragma once

#include <string_view>

namespace portcullis::checkpoint {

// True for what torch.device() parses: a device type, alone or with an index ("cpu", "cuda:1");
// also with one that it refuses ("cuda:01", "cuda:999"), so that it is seen. Types:
// c10/core/Device.cpp of PyTorch 2.11, and the names that out-of-tree backends take.
bool ReadsLikeDevice(std::string_view text);

// True for what torch.device() takes: c10/core/Device.cpp of PyTorch 2.11, whose index is a C int.
bool ParsesAsDevice(std::string_view text);

// True for a tag that torch.load() knows how to restore a storage to, on a machine that has the
// device: fewer than torch.device() parses ("cpu", and not "cpu:0"; "cuda:127", and not
// "cuda:128"). Source: the packages that torch/serialization.py of PyTorch 2.11 registers.
bool IsStorageLocation(std::string_view text);

}  // namespace portcullis::checkpoint
