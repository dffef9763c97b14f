#include "src/checkpoint/latin1.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "src/checkpoint/bytes.h"

namespace portcullis::checkpoint {

std::unique_ptr<Source> DecodeLatin1(const Source& source, std::uint64_t offset,
                                     std::uint64_t size) {
  const auto text = Window(source, offset, size, source.SpotAt(offset));
  std::vector<std::uint8_t> bytes;
  Cursor in(*text);
  while (in.Left() > 0) {
    const std::uint64_t at = in.Offset();
    std::uint8_t byte = in.U8();
    if (byte >= 0x80) {
      // 0xc2 and 0xc3 lead the characters U+0080 to U+00FF.
      const std::uint8_t next = in.Left() > 0 ? in.U8() : std::uint8_t{0};
      if ((byte != 0xc2 && byte != 0xc3) || (next & 0xc0) != 0x80) {
        text->Damaged(at, fmt::format("byte {:#04x}", byte), "Latin-1 in UTF-8");
      }
      byte = static_cast<std::uint8_t>(byte << 6 | (next & 0x3f));
    }
    bytes.push_back(byte);
  }
  const Spot spot = source.SpotAt(offset);
  const std::string outer = spot.member.empty() ? "" : spot.member + "!";
  return HoldBytes(std::move(bytes), {spot.file, fmt::format("{}bytes@{}", outer, spot.offset), 0});
}

}  // namespace portcullis::checkpoint
