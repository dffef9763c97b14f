// Owns: from the values of one pickle to the storages, tags, tensors and globals of a device map.
#pragma once

#include <functional>
#include <string>

#include "src/checkpoint/map_builder.h"
#include "src/checkpoint/source.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

// One pickle within a checkpoint.
struct PickleContext {
  const Source& source;     // what the values' offsets refer to
  std::string key_folder;   // of its storages' keys: "" or "constants/"
  std::string name_prefix;  // of its tensors' names: "" or "constants"
  // Reads a checkpoint that is in bytes of the pickle. Null: such bytes are left alone.
  std::function<DeviceMap(const Source& bytes)> read_nested;
};

// Adds what the pickle says. Throws CheckpointError for storages and tensors that PyTorch could
// not make either.
void Collect(const Values& values, Ref root, const PickleContext& context, MapBuilder& builder);

}  // namespace portcullis::checkpoint
