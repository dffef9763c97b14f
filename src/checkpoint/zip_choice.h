// Owns: which of several entries with one name PyTorch's reader takes.
//
// miniz 3.0.2 sorts the directory by name with a heap sort, which is not stable, and then searches
// it by halving: the choice depends on all entries. Compared with PyTorch 2.11 over 300 random
// archives: the same choice in each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace portcullis::checkpoint {

class ZipChoice {
 public:
  // `names` in the order of the directory; must outlive the choice.
  explicit ZipChoice(std::span<const std::string_view> names);
  // Index of the entry taken for a name that is there.
  std::uint32_t Of(std::string_view name) const;

 private:
  void SiftDown(std::size_t root, std::size_t end);

  std::span<const std::string_view> names_;
  std::vector<std::uint32_t> order_;
};

}  // namespace portcullis::checkpoint
