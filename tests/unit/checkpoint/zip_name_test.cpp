// Names of zip entries, compared eight letters at once: as one letter after the other would be.
#include "src/checkpoint/zip_name.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace portcullis::checkpoint {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// A name of so many letters with `byte` at one place of it.
std::string With(std::size_t size, std::size_t place, int byte) {
  std::string name(size, 'm');
  name[place] = static_cast<char>(byte);
  return name;
}

TEST(ZipName, EveryByteComparesAtEveryPlace) {
  constexpr std::size_t kSize = 11;  // a word and a rest
  for (std::size_t place = 0; place < kSize; ++place) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        const std::string one = With(kSize, place, a);
        const std::string other = With(kSize, place, b);
        const bool same = Lower(one) == Lower(other);
        ASSERT_EQ(SameName(one, other), same) << a << " and " << b << " at " << place;
        ASSERT_EQ(CompareNames(one, other) == 0, same);
        if (!same) continue;
        ASSERT_EQ(HashName(one), HashName(other));
      }
    }
  }
}

TEST(ZipName, MayBeEmpty) {
  EXPECT_TRUE(SameName({}, ""));
  EXPECT_FALSE(SameName({}, "m"));
  EXPECT_EQ(HashName({}), HashName(""));
  EXPECT_LT(CompareNames({}, "m"), 0);
}

// Storages are numbered: were their hashes alike, a directory would be searched from end to end.
TEST(ZipName, NumberedNamesHashApart) {
  constexpr std::size_t kNames = 10'000;
  constexpr std::size_t kSlots = 1 << 15;
  std::unordered_set<std::size_t> slots;
  for (std::size_t i = 0; i < kNames; ++i) {
    slots.insert(HashName("model/data/" + std::to_string(i)) % kSlots);
  }
  EXPECT_GT(slots.size(), kNames * 8 / 10);  // by chance 8,600
}

}  // namespace
}  // namespace portcullis::checkpoint
