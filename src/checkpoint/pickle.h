// Owns: reading a pickle of any protocol from 0 to 5 without running anything in it.
#pragma once

#include <cstdint>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/string_sites.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

// Reads one pickle from `in` up to and including its STOP and returns its value. The opcodes are
// those of Lib/pickletools.py of Python 3.13, with the stack, the marks and the memo that they
// work on. Throws CheckpointError with the offset of the opcode at fault.
// `sites` as for PickleMachine.
Ref ReadPickle(Cursor& in, Budget& budget, Values& values, StringSites* sites = nullptr);

}  // namespace portcullis::checkpoint
