#include "src/checkpoint/zip_name.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "src/checkpoint/eight_bytes.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint8_t Lower(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

// The first bytes of `text`, at most eight, in small letters; a name may have 10,000 neighbours.
std::uint64_t LowerWord(std::string_view text) {
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), std::min(text.size(), kWord));
  return word | (BytesBetween(word, 'A', 'Z') >> 2);  // 0x20 is between large and small
}

}  // namespace

int CompareNames(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int difference = Lower(a[i]) - Lower(b[i]); difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : (a.size() > b.size() ? 1 : 0);
}

bool SameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (; a.size() >= kWord; a.remove_prefix(kWord), b.remove_prefix(kWord)) {
    if (LowerWord(a) != LowerWord(b)) return false;
  }
  return CompareNames(a, b) == 0;
}

std::size_t HashName(std::string_view name) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = name.size();
  for (bool last = false; !last; name.remove_prefix(last ? 0 : kWord)) {
    hash = (hash ^ LowerWord(name)) * kOdd;
    hash ^= hash >> 29;
    last = name.size() <= kWord;
  }
  hash *= kOdd;  // the last letters of a name count for all bits of its hash
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

}  // namespace portcullis::checkpoint
