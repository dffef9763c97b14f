#include "src/checkpoint/latin1.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "src/checkpoint/bytes.h"
#include "src/checkpoint/pickle_text.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint8_t kString = 'S', kUnicode = 'V';

std::string AllOf(const Source& source) {
  std::string text(static_cast<std::size_t>(source.Size()), '\0');
  source.Read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

// The characters of a text as UTF-8.
std::unique_ptr<Source> Characters(const Source& pickle, const Text& text) {
  auto written = Window(pickle, text.offset, text.size, pickle.SpotAt(text.offset));
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
  if (code != kString && code != kUnicode) return written;
  const auto form = code == kString ? TextForm::kQuoted : TextForm::kRawUnicode;
  const std::string decoded = DecodeText(AllOf(*written), form);
  return HoldBytes({decoded.begin(), decoded.end()}, written->Origin());
}

}  // namespace

std::uint8_t OpcodeAt(const Source& pickle, std::uint64_t offset) {
  std::uint8_t code[1] = {};
  pickle.Read(offset, code);
  return code[0];
}

bool IsWrittenAsText(const Source& pickle, const Text& text, bool encoded) {
  const std::uint8_t code = OpcodeAt(pickle, text.opcode_at);
  return encoded || code == kString || code == kUnicode;
}

std::unique_ptr<Source> DecodeLatin1(const Source& pickle, const Text& text) {
  const auto characters = Characters(pickle, text);
  std::vector<std::uint8_t> bytes;
  Cursor in(*characters);
  while (in.Left() > 0) {
    const std::uint64_t at = in.Offset();
    std::uint8_t byte = in.U8();
    if (byte >= 0x80) {
      // 0xc2 and 0xc3 lead the characters U+0080 to U+00FF.
      const std::uint8_t next = in.Left() > 0 ? in.U8() : std::uint8_t{0};
      if ((byte != 0xc2 && byte != 0xc3) || (next & 0xc0) != 0x80) {
        characters->Damaged(at, fmt::format("byte {:#04x}", byte), "Latin-1 in UTF-8");
      }
      byte = static_cast<std::uint8_t>(byte << 6 | (next & 0x3f));
    }
    bytes.push_back(byte);
  }
  const Spot spot = pickle.SpotAt(text.offset);
  const std::string outer = spot.member.empty() ? "" : spot.member + "!";
  return HoldBytes(std::move(bytes), {spot.file, fmt::format("{}bytes@{}", outer, spot.offset), 0});
}

std::string AsUnicodeLine(const Source& bytes) {
  constexpr std::string_view kEscaped("\\\0\n\r\x1a", 5);
  std::string line;
  Cursor in(bytes);
  while (in.Left() > 0) {
    const auto byte = static_cast<char>(in.U8());
    if (kEscaped.find(byte) == std::string_view::npos) {
      line += byte;
    } else {
      line += fmt::format("\\u{:04x}", byte);
    }
  }
  return line;
}

std::string AsUtf8(const Source& bytes) {
  std::string text;
  Cursor in(bytes);
  while (in.Left() > 0) {
    const std::uint8_t byte = in.U8();
    if (byte >= 0x80) text += static_cast<char>(0xc0 | byte >> 6);
    text += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
  }
  return text;
}

}  // namespace portcullis::checkpoint
