// Owns: changing the device tags of a pickle and nothing else in it.
//
// A tag is replaced where its string is pushed. Where one memoised string serves a tag and
// something else, it is split: what needs the other text gets a string of its own in place of the
// GET. No PUT is added or removed, so every memo index stays what it is, for all unpicklers: C,
// Python, weights_only (which knows no POP) and LibTorch's.
#pragma once

#include <functional>
#include <vector>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/retag/mapping.h"
#include "src/checkpoint/retag/splice.h"

namespace portcullis::checkpoint {

// The edits of a checkpoint that is bytes of a pickle (torch.storage._load_from_bytes).
using NestedEdits = std::function<std::vector<Edit>(const Source& bytes)>;

// The edits, in the source of `in`, of the one pickle at the cursor, which moves behind it: of the
// location of every storage, of the device given as text to a rebuild function, of checkpoints in
// it, and of the sizes of frames around them.
std::vector<Edit> PickleEdits(Cursor& in, const DeviceMapping& mapping, const NestedEdits& nested);

}  // namespace portcullis::checkpoint
