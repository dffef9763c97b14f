#include "src/base/glob.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace portcullis {
namespace {

TEST(Glob, StarsStayWithinAFolder) {
  EXPECT_TRUE(GlobMatches("*.pt", "a.pt"));
  EXPECT_FALSE(GlobMatches("*.pt", "runs/a.pt"));
  EXPECT_TRUE(GlobMatches("runs/?/a[0-9].pt", "runs/1/a7.pt"));
  EXPECT_FALSE(GlobMatches("runs/?/a[0-9].pt", "runs/1/ab.pt"));
}

TEST(Glob, TwoStarsStandForAnyFolders) {
  for (const char* path : {"a.pt", "x/a.pt", "x/y/z/a.pt"}) {
    EXPECT_TRUE(GlobMatches("**/a.pt", path)) << path;
  }
  EXPECT_TRUE(GlobMatches("runs/**", "runs/x/y"));
  EXPECT_FALSE(GlobMatches("runs/**", "other/x"));
  EXPECT_TRUE(GlobMatches("a/**/b", "a/b"));
}

TEST(Glob, ABackslashTakesTheNextCharacterAsItIs) {
  EXPECT_TRUE(GlobMatches("a\\*", "a*"));
  EXPECT_FALSE(GlobMatches("a\\*", "ab"));
}

TEST(Glob, ManyStarsTakeNoTime) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 30; ++i) {
    pattern += "**/a/";
    path += "a/";
  }
  EXPECT_FALSE(GlobMatches(pattern + "b", path + "a"));  // would take 2^30 steps by trying
}

}  // namespace
}  // namespace portcullis
