// The first and the last part of a stream are kept, however it arrives.
#include <gtest/gtest.h>

#include "harness/runner/excerpt.h"

namespace portcullis::runner {
namespace {

std::string Excerpted(std::size_t limit, const std::string& text, std::size_t piece) {
  Excerpt excerpt(limit);
  for (std::size_t at = 0; at < text.size(); at += piece) excerpt.Append(text.substr(at, piece));
  return excerpt.Text();
}

TEST(Excerpt, KeepsAllOfWhatFits) {
  for (const std::size_t piece : {1U, 3U, 100U}) {
    EXPECT_EQ(Excerpted(10, "", piece), "");
    EXPECT_EQ(Excerpted(10, "0123456789", piece), "0123456789");
    EXPECT_EQ(Excerpted(9, "012345678", piece), "012345678");
  }
}

TEST(Excerpt, LeavesOutTheMiddle) {
  std::string text = "first";
  text += std::string(1000, '.');
  text += "last!";
  for (const std::size_t piece : {1U, 3U, 7U, 5000U}) {
    EXPECT_EQ(Excerpted(10, text, piece), "first\n[1000 bytes left out]\nlast!");
    EXPECT_EQ(Excerpted(9, text, piece), "firs\n[1001 bytes left out]\nlast!");
  }
  EXPECT_EQ(Excerpted(0, "ab", 1), "\n[2 bytes left out]\n");
}

}  // namespace
}  // namespace portcullis::runner
