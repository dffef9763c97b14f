// Owns: names of zip entries as PyTorch's reader compares them: ASCII letters without regard to
// case.
#pragma once

#include <cstddef>
#include <string_view>

namespace portcullis::checkpoint {

// Below 0, 0 or above 0, as a sorts before, with or after b.
int CompareNames(std::string_view a, std::string_view b);

// CompareNames() is 0.
bool SameName(std::string_view a, std::string_view b);

// The same of names that are the same.
std::size_t HashName(std::string_view name);

}  // namespace portcullis::checkpoint
