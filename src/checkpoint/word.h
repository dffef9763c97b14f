// Owns: which bytes make up names of Python, in code and in pickles. A byte of UTF-8 beyond ASCII
// counts as a letter.
#pragma once

namespace portcullis::checkpoint {

inline bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace portcullis::checkpoint
