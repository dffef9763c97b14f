#include "src/checkpoint/retag/undo_note.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace portcullis::checkpoint {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"undo", "keep", "tail", "edit"};
constexpr std::string_view kName = "portcullis-retag ";

template <typename Number>
bool ParseHex(std::string_view text, Number& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, /*base=*/16);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string UndoNote::Text() const {
  return fmt::format("{}{} {:016x} {:08x}\n", kName, kKinds[static_cast<std::size_t>(kind)],
                     old_size, checksum);
}

std::optional<UndoNote> NoteAt(const Source& source, std::uint64_t offset) {
  if (offset > source.Size() || source.Size() - offset < UndoNote::kSize) return {};
  std::array<std::uint8_t, UndoNote::kSize> bytes = {};
  source.Read(offset, bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kName)) return {};
  const auto* kind = std::find(kKinds.begin(), kKinds.end(), text.substr(kName.size(), 4));
  if (kind == kKinds.end()) return {};
  UndoNote note;
  note.kind = static_cast<UndoNote::Kind>(kind - kKinds.begin());
  if (!ParseHex(text.substr(22, 16), note.old_size)) return {};
  if (!ParseHex(text.substr(39, 8), note.checksum)) return {};
  return note.Text() == text ? std::optional(note) : std::nullopt;
}

std::optional<UndoNote> NoteAtEnd(const Source& source) {
  if (source.Size() < UndoNote::kSize) return {};
  return NoteAt(source, source.Size() - UndoNote::kSize);
}

std::uint32_t Checksum(const Source& source) {
  constexpr std::uint64_t kChunk = 1 << 18;
  std::vector<std::uint8_t> chunk(static_cast<std::size_t>(std::min(source.Size(), kChunk)));
  uLong sum = crc32(0, nullptr, 0);
  for (std::uint64_t at = 0; at < source.Size(); at += chunk.size()) {
    chunk.resize(static_cast<std::size_t>(std::min(source.Size() - at, kChunk)));
    source.Read(at, chunk);
    sum = crc32(sum, chunk.data(), static_cast<uInt>(chunk.size()));
  }
  return static_cast<std::uint32_t>(sum);
}

std::uint32_t EndChecksum(const Source& source, std::uint64_t size) {
  const std::uint64_t looked_at = std::min<std::uint64_t>(size, 4096);
  return Checksum(*Window(source, size - looked_at, looked_at, source.SpotAt(size - looked_at)));
}

}  // namespace portcullis::checkpoint
