// Owns: which parts of a checkpoint hold tags that can be changed, by format; and why those of the
// other formats cannot, or need not be.
#pragma once

#include <string>
#include <vector>

#include "src/checkpoint/retag/plan.h"

namespace portcullis::checkpoint {

struct CheckpointEdits {
  std::vector<Edit> edits;  // of the whole file
  // Of an archive, as in zip_tail.h: the one edit is what to append.
  bool appends = false;
  std::uint64_t end_size = 0;
  std::string old_end;
};

// `source` must outlive the edits. Throws CheckpointError(kUnsupported) for a format that is not
// retagged; for a checkpoint within another (`nesting` > 0) there are no edits then.
CheckpointEdits EditCheckpoint(const Source& source, const RetagWish& wish, int nesting);

}  // namespace portcullis::checkpoint
