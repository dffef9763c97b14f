#include "src/checkpoint/retag/pickle_write.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace portcullis::checkpoint {
namespace {

// An opcode with the size of its operand before it.
struct Sized {
  std::uint8_t code;
  std::uint8_t size_bytes;
  std::uint8_t wider;  // the opcode for longer operands
};
constexpr Sized kSized[] = {
    {0x8c, 1, 'X'},   // SHORT_BINUNICODE
    {'X', 4, 0x8d},   // BINUNICODE
    {0x8d, 8, 0x8d},  // BINUNICODE8
    {'C', 1, 'B'},    // SHORT_BINBYTES
    {'B', 4, 0x8e},   // BINBYTES
    {0x8e, 8, 0x8e},  // BINBYTES8
    {'U', 1, 'T'},    // SHORT_BINSTRING
    {'T', 4, 'T'},    // BINSTRING
    {0x96, 8, 0x96},  // BYTEARRAY8
};

const Sized& Find(std::uint8_t code) {
  const auto* row = std::find_if(std::begin(kSized), std::end(kSized),
                                 [code](const Sized& sized) { return sized.code == code; });
  if (row == std::end(kSized)) throw std::logic_error("not an opcode of text or bytes");
  return *row;
}

}  // namespace

std::string LittleEndian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string StringOpcode(std::uint8_t like, std::string_view text) {
  if (like == 'S') return "S'" + std::string(text) + "'\n";
  if (like == 'V') return "V" + std::string(text) + "\n";
  return BytesOpcode(like, text.size()) + std::string(text);
}

std::string BytesOpcode(std::uint8_t like, std::uint64_t size) {
  const Sized* row = &Find(like);
  while (row->size_bytes < 8 && size >> (8 * row->size_bytes) != 0 && row->wider != row->code) {
    row = &Find(row->wider);
  }
  return std::string(1, static_cast<char>(row->code)) + LittleEndian(size, row->size_bytes);
}

}  // namespace portcullis::checkpoint
