#include "src/base/size.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(Size, OfPeople) {
  EXPECT_EQ(SizeText(12), "12 B");
  EXPECT_EQ(SizeText(1024), "1.0 KiB");
  EXPECT_EQ(SizeText(102'550'732), "97.8 MiB");
  EXPECT_EQ(SizeText(~0ULL), "16777216.0 TiB");
}

TEST(Size, IsRead) {
  EXPECT_EQ(ParseSize("512"), 512U);
  EXPECT_EQ(ParseSize("512 B"), 512U);
  EXPECT_EQ(ParseSize("2GiB"), 2ULL << 30U);
  EXPECT_EQ(ParseSize("2 GiB"), 2ULL << 30U);
  for (const char* text : {"", "GiB", "2 GB", "-1", "2  GiB", "1.5 GiB", "99999999999 TiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace portcullis
