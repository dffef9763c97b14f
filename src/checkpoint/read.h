// Owns: reading the device map of a checkpoint. Nothing in the checkpoint is executed, its weights
// are not read, and LibTorch is not needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "src/checkpoint/device_map.h"
#include "src/checkpoint/error.h"

namespace portcullis::checkpoint {

// Reads the device map of a file, or of a distributed checkpoint's directory. Time and memory grow
// with its directory and its pickles, not with its weights. Throws CheckpointError:
//   kUnreadable      the operating system refuses
//   kNotACheckpoint  is something else; the text says what it looks like
//   kDamaged         PyTorch cannot load it either
//   kUnsupported     a checkpoint that is too old, or beyond the limits of limits.h
DeviceMap ReadDeviceMap(const std::filesystem::path& path);

// The same for bytes in memory. `name` stands for the path. Files beside it are not looked for.
DeviceMap ReadDeviceMap(std::span<const std::uint8_t> bytes, const std::string& name);

// What a file that is no checkpoint looks like ("an HTML page"), or "" if nothing is known about
// it.
std::string LooksLike(const std::filesystem::path& path);

}  // namespace portcullis::checkpoint
