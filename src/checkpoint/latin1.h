// Owns: bytes that pickle protocols before 3 wrote as text, each byte a character of Latin-1: in
// UTF-8 (BINUNICODE), or as a line with escapes (UNICODE and STRING of protocol 0).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "src/checkpoint/source.h"
#include "src/checkpoint/values.h"

namespace portcullis::checkpoint {

// The opcode at `offset`.
std::uint8_t OpcodeAt(const Source& pickle, std::uint64_t offset);

// False for bytes that stand in the pickle as they are: Python 2's str, but not on a line.
bool IsWrittenAsText(const Source& pickle, const Text& text, bool encoded);

// The bytes that a text of `pickle` stands for. Errors and tags in them name the member
// "bytes@OFFSET", and offsets within the decoded bytes.
std::unique_ptr<Source> DecodeLatin1(const Source& pickle, const Text& text);

// The bytes of `bytes` as UNICODE writes them, without the opcode and the end of the line
// (Lib/pickle.py of Python 3.13, save_str).
std::string AsUnicodeLine(const Source& bytes);

// The same as BINUNICODE has them.
std::string AsUtf8(const Source& bytes);

}  // namespace portcullis::checkpoint
