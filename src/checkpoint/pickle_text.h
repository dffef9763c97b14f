// Owns: the strings of protocol 0, which stand on a line of their own.
#pragma once

#include <string>
#include <string_view>

#include "src/checkpoint/pickle_machine.h"

namespace portcullis::checkpoint {

enum class TextForm {
  kPlain,       // the line itself
  kQuoted,      // 'text' or "text", with Python's escapes
  kRawUnicode,  // Latin-1 with \uXXXX and \UXXXXXXXX
};

// The characters that a line stands for, as UTF-8. Escapes that are none are kept as they are.
std::string DecodeText(std::string_view line, TextForm form);

// Reads a line and pushes its string. Its offset is that of the first character between the quotes.
void PushTextLine(PickleMachine& machine, TextForm form);

}  // namespace portcullis::checkpoint
