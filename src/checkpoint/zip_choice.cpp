#include "src/checkpoint/zip_choice.h"

#include <numeric>
#include <utility>

#include "src/checkpoint/zip_name.h"

namespace portcullis::checkpoint {

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
    return CompareNames(names_[order_[a]], names_[order_[b]]) < 0;
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
    const int compared = CompareNames(names_[order_[middle]], name);
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
