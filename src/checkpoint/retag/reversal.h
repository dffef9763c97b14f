// Owns: how to reverse the edits of a file that was rewritten, as bytes at its end: readers of
// legacy files and of pickles do not look behind what they need.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/checkpoint/retag/splice.h"

namespace portcullis::checkpoint {

// What to append to `base` after `edits`, so that Reversed() finds the way back.
std::string Reversal(const Source& base, std::vector<Edit> edits);

// The file as it was before, if it ends in a reversal. Throws CheckpointError for one that is
// damaged. The result reads from `file`.
std::shared_ptr<const Spliced> Reversed(const Source& file);

}  // namespace portcullis::checkpoint
