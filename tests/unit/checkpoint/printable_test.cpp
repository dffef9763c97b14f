#include "src/checkpoint/printable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;

TEST(Printable, KeepsText) {
  EXPECT_EQ(Printable("layer.0.weight"), "layer.0.weight");
  EXPECT_EQ(Printable("größe 大 😀"), "größe 大 😀");
}

TEST(Printable, ShowsWhatIsNoText) {
  EXPECT_EQ(Printable(std::string("a\0b\n\x1b[31m\x7f", 10)), "a\\x00b\\x0a\\x1b[31m\\x7f");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("\xc0\x80"), "\\xc0\\x80");           // U+0000, written too long
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");           // a control character of ISO 6429
  EXPECT_EQ(Printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // right-to-left override
}

TEST(Printable, NamesOfACheckpointCannotSteerATerminal) {
  const std::string pickle = "\x80\x02}" + PickleText()
                                               .Text("a\x1b[2Jb")
                                               .Tensor("0",
                                                       "cu\x07"
                                                       "da",
                                                       1)
                                               .Raw("s")
                                               .Done()
                                               .substr(2);
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(pickle, {{"m/data/0", "abcd"}})), "x.pt");
  ASSERT_EQ(map.tensors.size(), 1U);
  EXPECT_EQ(map.tensors[0].name, "a\\x1b[2Jb");
  EXPECT_EQ(map.tensors[0].device, "cu\\x07da");
}

TEST(Printable, NeitherCanErrors) {
  EXPECT_THAT(ErrorOf(PickleText().Global("\x1b[2J", "x").Done()), HasSubstr("(of \\x1b[2J.x)"));
  EXPECT_THAT(ErrorOf(Zip({{"a\x1b", "x"}})), HasSubstr("its first entry is a\\x1b"));
}

// Plain texts are looked at eight characters at once.
TEST(Printable, FindsWhatIsNotPlainAtEveryPlace) {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 20U}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'm');
        text[place] = static_cast<char>(byte);
        std::string kept = text;
        KeepPrintable(kept);
        ASSERT_EQ(kept == text, byte >= ' ' && byte <= '~') << byte << " at " << place;
        ASSERT_EQ(Printable(text), kept);
      }
    }
  }
}

}  // namespace
}  // namespace portcullis::checkpoint
