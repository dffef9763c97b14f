// Owns: the masks whose meaning a recording keeps.
#pragma once

#include <string>
#include <vector>

#include "harness/host/host.h"

namespace portcullis::hardware {

// Masks that are easy to get wrong, for a machine with these GPUs: unset, empty, -1, ordinals in
// and out of range, repeats, blanks, junk, UUIDs whole, shortened and unknown, MIG names, mixtures.
std::vector<host::Mask> TellingMasks(const std::vector<host::Gpu>& gpus);

}  // namespace portcullis::hardware
