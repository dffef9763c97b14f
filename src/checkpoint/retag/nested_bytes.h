// Owns: changing a checkpoint that is bytes of a pickle, and what the pickle says of their size.
#pragma once

#include <vector>

#include "src/checkpoint/retag/pickle_edits.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

// Of bytes, or Python 2's str.
std::vector<Edit> BytesEdits(const Source& pickle, const Text& text, const NestedEdits& nested);

// Of bytes that protocols before 3 wrote as text (latin1.h).
std::vector<Edit> EncodedEdits(const Source& pickle, const Text& text, const NestedEdits& nested);

}  // namespace portcullis::checkpoint
