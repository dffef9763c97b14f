// Owns: where a strategy puts what is tagged: in the load itself, and in the step behind it.
#pragma once

#include <string>
#include <vector>

#include "src/portability/strategy.h"

namespace portcullis::portability {

// Where the load itself puts a storage.
struct Restored {
  std::string device;        // "" means: left in host memory
  bool by_the_user = false;  // a callable's own storage.cuda(): ATen is asked, whoever loads
};
Restored RestoredTo(const std::string& tag, const Strategy& strategy);

// True for a map onto meta, which has shapes and no values.
bool MapsToMeta(const Strategy& strategy);

// Devices that the strategy moves to after the load, in order.
std::vector<std::string> MovesTo(const Strategy& strategy);

// The device where a storage with this tag ends up when the strategy succeeds. "cuda" has become
// "cuda:0"; of `parts`, which spreads by position and not by tag, "" is returned.
std::string Destination(const std::string& tag, const Strategy& strategy);

// The devices that a strategy of parts spreads over, in order.
std::vector<std::string> PartDevices(const Strategy& strategy);

}  // namespace portcullis::portability
