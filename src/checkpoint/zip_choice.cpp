#include "src/checkpoint/zip_choice.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace portcullis::checkpoint {
namespace {

std::uint8_t Lower(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

// Below 0, 0 or above 0, as a sorts before, with or after b.
int Compare(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int difference = Lower(a[i]) - Lower(b[i]); difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : (a.size() > b.size() ? 1 : 0);
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && Compare(a, b) == 0;
}

std::size_t HashName(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ Lower(c)) * 0x100000001b3;
  return static_cast<std::size_t>(hash);
}

ZipChoice::ZipChoice(std::span<const std::string_view> names)
    : names_(names), order_(names.size()) {
  std::iota(order_.begin(), order_.end(), 0U);
  for (std::size_t root = order_.size() / 2; root-- > 0;) SiftDown(root, order_.size());
  for (std::size_t end = order_.size(); end-- > 1;) {
    std::swap(order_[0], order_[end]);
    SiftDown(0, end);
  }
}

void ZipChoice::SiftDown(std::size_t root, std::size_t end) {
  const auto before = [this](std::size_t a, std::size_t b) {
    return Compare(names_[order_[a]], names_[order_[b]]) < 0;
  };
  for (std::size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
    if (child + 1 < end && before(child, child + 1)) ++child;
    if (!before(root, child)) return;
    std::swap(order_[root], order_[child]);
    root = child;
  }
}

std::uint32_t ZipChoice::Of(std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = order_.size();  // as halving [low, high - 1]
  while (low < high) {
    const std::size_t middle = (low + high - 1) / 2;
    const int compared = Compare(names_[order_[middle]], name);
    if (compared == 0) return order_[middle];
    if (compared < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

}  // namespace portcullis::checkpoint
