#include "src/checkpoint/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "src/checkpoint/eight_bytes.h"

namespace portcullis::checkpoint {
namespace {

bool IsPlain(char c) { return c >= ' ' && c <= '~'; }

// The highest bit of each byte of eight characters that is not plain.
std::uint64_t OddOnes(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof(word));
  return ~BytesBetween(word, ' ', '~') & kHighBits;
}

// IsPlain() of every character. Most names of 10,000 tensors are plain: they are looked at eight
// characters at once, the last eight perhaps twice.
bool ArePlain(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() < kWord) return std::all_of(text.begin(), text.end(), IsPlain);
  std::uint64_t odd = OddOnes(text.data() + (text.size() - kWord));
  for (std::size_t at = 0; at + kWord < text.size(); at += kWord) odd |= OddOnes(text.data() + at);
  return odd == 0;
}

// Bytes of the UTF-8 character at the start of `text`; 0 if there is none, or a control character.
// RFC 3629, section 4.
std::size_t CharacterSize(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) return IsPlain(text[0]) ? 1 : 0;
  const std::size_t size = lead >= 0xf0 ? 4 : (lead >= 0xe0 ? 3 : 2);
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  std::uint32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte & 0x3fU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0xa0, 0x800, 0x10000};  // U+0080 to U+009F control
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  const bool direction =
      (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
  return value < kSmallest[size] || value > 0x10ffff || surrogate || direction ? 0 : size;
}

}  // namespace

void KeepPrintable(std::string& text) {
  if (!ArePlain(text)) text = Printable(text);
}

std::string Printable(std::string_view text) {
  if (ArePlain(text)) return std::string(text);
  std::string shown;
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size > 0) {
      shown += text.substr(0, size);
    } else {
      shown += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[0]));
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

}  // namespace portcullis::checkpoint
