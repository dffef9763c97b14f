// Which opcodes of a pickle retagging replaces, and that every other byte stays.
#include "src/checkpoint/retag/pickle_edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/base/error.h"
#include "tests/unit/checkpoint/retag/in_memory.h"

namespace portcullis::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string After(const std::string& pickle, const DeviceMapping& mapping) {
  const InMemory file(pickle);
  Cursor in(*file.source);
  const Spliced result(Borrow(*file.source), PickleEdits(in, mapping, nullptr));
  const auto bytes = AllOf(result);
  return {bytes.begin(), bytes.end()};
}

// ("storage", torch.FloatStorage, "0", LOCATION, 1), looked up.
std::string Id(const std::string& location) {
  return "(X" + Little(7, 4) + "storage" + "ctorch\nFloatStorage\nX" + Little(1, 4) + "0" +
         location + "K\x01tQ";
}
std::string Text(const std::string& text) { return "X" + Little(text.size(), 4) + text; }
std::string Short(const std::string& text) {
  return std::string("\x8c") + static_cast<char>(text.size()) + text;
}

const DeviceMapping kCpu = DeviceMapping::To("cpu");

TEST(PickleEditsTest, AStringOfItsOwnIsReplaced) {
  EXPECT_EQ(After("\x80\x02" + Id(Text("cuda:0")) + ".", kCpu), "\x80\x02" + Id(Text("cpu")) + ".");
}

TEST(PickleEditsTest, EveryOpcodeOfAStringStaysTheSame) {
  const auto check = [](const std::string& before, const std::string& after) {
    EXPECT_EQ(After("\x80\x02" + Id(before) + ".", kCpu), "\x80\x02" + Id(after) + ".");
  };
  check(
      "U\x06"
      "cuda:0",
      "U\x03"
      "cpu");
  check("T" + Little(6, 4) + "cuda:0", "T" + Little(3, 4) + "cpu");
  check(Short("cuda:0"), Short("cpu"));
  check("\x8d" + Little(6, 8) + "cuda:0", "\x8d" + Little(3, 8) + "cpu");
  check("S'cuda:0'\n", "S'cpu'\n");
  check("Vcuda:0\n", "Vcpu\n");
}

TEST(PickleEditsTest, TagsThatShareAStringGoOnSharingIt) {
  const std::string first = Id(Text("cuda:0") + "q\x05");
  EXPECT_EQ(After("\x80\x02(" + first + Id("h\x05") + "l.", kCpu),
            "\x80\x02(" + Id(Text("cpu") + "q\x05") + Id("h\x05") + "l.");
}

TEST(PickleEditsTest, TheUsersUseOfATagsStringGetsAStringOfItsOwn) {
  const std::string tag = Id(Text("cuda:0") + "q\x05");
  EXPECT_EQ(After("\x80\x02(" + tag + "h\x05l.", kCpu),
            "\x80\x02(" + Id(Text("cpu") + "q\x05") + Text("cuda:0") + "l.");
}

TEST(PickleEditsTest, ATagThatUsesTheUsersStringGetsAStringOfItsOwn) {
  const std::string user = Text("cuda:0") + "r" + Little(300, 4);
  const std::string get = "j" + Little(300, 4);
  EXPECT_EQ(After("\x80\x02(" + user + Id(get) + get + "l.", kCpu),
            "\x80\x02(" + user + Id(Text("cpu")) + get + "l.");
}

TEST(PickleEditsTest, AMemoEntryThatIsPutAgainIsFollowed) {
  // The user's string, kept as 1; recalled as a tag and kept as 2; 2 recalled by the user.
  const std::string pickle = "\x80\x02(" + Text("cuda:0") + "q\x01" + Id("h\x01q\x02") + "h\x02l.";
  EXPECT_EQ(After(pickle, kCpu), "\x80\x02(" + Text("cuda:0") + "q\x01" +
                                     Id(Text("cpu") + "q\x02") + Text("cuda:0") + "l.");
}

TEST(PickleEditsTest, ADuplicatedTagIsSplit) {
  // DUP: the copy is the tag's, the string below it the user's.
  const std::string storage = "X" + Little(7, 4) + "storage" + "ctorch\nFloatStorage\n" + Text("0");
  const std::string pickle =
      "\x80\x02" + Text("cuda:0") + "2q\x01" + "0(" + storage + "h\x01K\x01tQ\x86.";
  EXPECT_EQ(After(pickle, kCpu),
            "\x80\x02" + Text("cuda:0") + "2q\x01" + "0(" + storage + Text("cpu") + "K\x01tQ\x86.");
}

TEST(PickleEditsTest, FramesKeepCountingTheirBytes) {
  const std::string inner = Id(Short("cuda:0") + "\x94");
  const std::string shorter = Id(Short("cpu") + "\x94");
  const std::string rest = "\x94.";
  EXPECT_EQ(
      After("\x80\x04\x95" + Little(inner.size(), 8) + inner + "\x95" + Little(2, 8) + rest, kCpu),
      "\x80\x04\x95" + Little(shorter.size(), 8) + shorter + "\x95" + Little(2, 8) + rest);
}

TEST(PickleEditsTest, ValuesThatLookLikeIdsStay) {
  // The same tuple without a lookup is the user's.
  const std::string pickle = "\x80\x02(" + Text("storage") + "ctorch\nFloatStorage\n" + Text("0") +
                             Text("cuda:0") + "K\x01t.";
  EXPECT_EQ(After(pickle, kCpu), pickle);
}

TEST(PickleEditsTest, UnusualTagsAreRefused) {
  EXPECT_THAT([] { After("\x80\x02" + Id(Text("it's")) + ".", kCpu); },
              ThrowsMessage<CheckpointError>(HasSubstr("a tag of unusual characters")));
}

// The bytes of a tensor as a line of text, of which the second becomes a newline.
std::string AfterLine(const std::string& line) {
  const InMemory file("ctorch.storage\n_load_from_bytes\n(" + line + "tR.");
  Cursor in(*file.source);
  const Spliced result(Borrow(*file.source), PickleEdits(in, kCpu, [](const Source&) {
                         return std::vector<Edit>{{1, 1, TextSource("\n")}};
                       }));
  const auto bytes = AllOf(result);
  return {bytes.begin(), bytes.end()};
}

TEST(PickleEditsTest, BytesOnALineAreEscapedAgain) {
  EXPECT_THAT(AfterLine("c_codecs\nencode\n(Vab\\u005c\xff\nVlatin1\ntR"),
              HasSubstr("(Va\\u000a\\u005c\xff\nVlatin1\n"));
}

TEST(PickleEditsTest, BytesOnALineOfPython2AreRefused) {
  EXPECT_THAT([] { AfterLine("S'ab'\n"); },
              ThrowsMessage<CheckpointError>(HasSubstr("a tensor as a line of text of Python 2")));
}

TEST(PickleEditsTest, ASizeThatNoLongerFitsGetsAWiderOpcode) {
  // A legacy checkpoint in SHORT_BINBYTES; with the longer tag it has more than 255 bytes.
  const std::string object = "\x80\x02" + Id(Text("cpu")) + ".";
  const std::string legacy =
      std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) +
      "\x80\x02M\xe9\x03." + std::string("\x80\x02}.") + object + "\x80\x02]" + Text("0") + "a." +
      Little(1, 8) + Little(0, 4);
  std::string padded = legacy;
  padded.resize(254, '\0');
  const std::string pickle =
      "\x80\x03"
      "ctorch.storage\n_load_from_bytes\nC\xfe" +
      padded + "\x85R.";
  const auto after = InMemory(pickle).After(To("cuda:0"));
  EXPECT_THAT(TagsOf(after), ElementsAre("storage tag cuda:0 @0/0"));
  const std::string text(after.begin(), after.end());
  EXPECT_THAT(text, HasSubstr("_load_from_bytes\nB" + Little(257, 4)));
}

}  // namespace
}  // namespace portcullis::checkpoint
