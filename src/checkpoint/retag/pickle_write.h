// Owns: writing opcodes of pickle (Lib/pickletools.py of Python 3.13).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/checkpoint/source.h"

namespace portcullis::checkpoint {

// `value` in `bytes` bytes, as pickle and zip write numbers.
std::string LittleEndian(std::uint64_t value, unsigned bytes);

// Pushes `text`, which is short and plain ASCII, by the same opcode as `like` (one that pushes a
// string), so that it becomes the same type in Python 2 and 3.
std::string StringOpcode(std::uint8_t like, std::string_view text);

// An opcode like `like` (one that pushes bytes, or Python 2's str) and the size behind it, for
// `size` bytes; a wider one where the size does not fit.
std::string BytesOpcode(std::uint8_t like, std::uint64_t size);

}  // namespace portcullis::checkpoint
