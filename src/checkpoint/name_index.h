// Owns: finding the elements of a vector by name, without a second copy of the names.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace portcullis::checkpoint {

inline constexpr std::uint32_t kNotIndexed = 0xffffffff;

// An open-addressing hash table of indices. `NameOf(index)` gives an element's name, `Traits` says
// how names are hashed and compared.
template <typename Traits>
class NameIndex {
 public:
  // The index found under `name`, else kNotIndexed.
  template <typename NameOf>
  std::uint32_t Find(std::string_view name, NameOf name_of) const {
    if (slots_.empty()) return kNotIndexed;
    return slots_[Slot(name, name_of)];
  }

  // Room for so many names in all; names that are there already are placed anew.
  template <typename NameOf>
  void Reserve(std::size_t names, NameOf name_of) {
    if (2 * names > slots_.size()) Resize(std::bit_ceil(std::max(2 * names, kFirst)), name_of);
  }

  // The index found under `name`; if there is none, `index` is put there and returned.
  template <typename NameOf>
  std::uint32_t FindOrAdd(std::string_view name, std::uint32_t index, NameOf name_of) {
    Reserve(used_ + 1, name_of);
    std::uint32_t& slot = slots_[Slot(name, name_of)];
    if (slot != kNotIndexed) return slot;
    ++used_;
    return slot = index;
  }

 private:
  template <typename NameOf>
  std::size_t Slot(std::string_view name, NameOf name_of) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = Traits::Hash(name) & mask;
    while (slots_[at] != kNotIndexed && !Traits::Same(name_of(slots_[at]), name)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  template <typename NameOf>
  void Resize(std::size_t slots, NameOf name_of) {
    std::vector<std::uint32_t> old(slots, kNotIndexed);
    old.swap(slots_);
    for (const std::uint32_t index : old) {
      if (index != kNotIndexed) slots_[Slot(name_of(index), name_of)] = index;
    }
  }

  static constexpr std::size_t kFirst = 64;

  std::vector<std::uint32_t> slots_;  // a power of two, at most half full
  std::size_t used_ = 0;
};

// Names that differ in any byte are different.
struct ExactNames {
  static std::size_t Hash(std::string_view name) { return std::hash<std::string_view>()(name); }
  static bool Same(std::string_view a, std::string_view b) { return a == b; }
};

}  // namespace portcullis::checkpoint
