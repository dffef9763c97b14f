#include "src/checkpoint/code_literals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace portcullis::checkpoint {
namespace {

using testing::ElementsAre;

// "device cuda:0" or "text cuda:0"; checks that the offset is that of the text.
std::vector<std::string> Found(const std::string& code) {
  std::vector<std::string> found;
  for (const CodeLiteral& literal : FindDevices(code)) {
    const std::string type = literal.text.substr(0, literal.text.find(':'));
    EXPECT_EQ(code.substr(literal.offset, type.size()), type);
    found.push_back((literal.is_device ? "device " : "text ") + literal.text);
  }
  return found;
}

TEST(CodeLiterals, OfDevices) {
  EXPECT_THAT(Found("y = torch.to(x, torch.device(\"cuda:1\"))"), ElementsAre("device cuda:1"));
  EXPECT_THAT(Found("_0 = torch.device(\"cuda\", 1)"), ElementsAre("device cuda:1"));
  EXPECT_THAT(Found("a = torch . device ( 'cpu' )"), ElementsAre("device cpu"));
  EXPECT_THAT(Found("f(torch.device(\"cuda:0\"), torch.device(\"cpu\"), 3)"),
              ElementsAre("device cuda:0", "device cpu"));
}

TEST(CodeLiterals, OfStringsThatReadLikeDevices) {
  EXPECT_THAT(Found("_1 = \"cuda:0\"\ntorch.device(_1)"), ElementsAre("text cuda:0"));
  EXPECT_THAT(Found("mytorch.device(\"cuda:0\")"), ElementsAre("text cuda:0"));
}

TEST(CodeLiterals, NotInCommentsOrOtherStrings) {
  EXPECT_THAT(Found("# torch.device(\"cuda:0\")\nx = 1  # \"cuda:1\""), ElementsAre());
  EXPECT_THAT(Found("s = \"torch.device(\\\"cuda:0\\\") # not\""), ElementsAre());
  EXPECT_THAT(Found("s = '''\n\"cuda:0\"\n'''; t = \"cuda:2\""), ElementsAre("text cuda:2"));
  EXPECT_THAT(Found("s = \"on cuda:0 now\""), ElementsAre());
}

TEST(CodeLiterals, OfBrokenCode) {
  EXPECT_THAT(Found("torch.device(\"cuda:0"), ElementsAre("device cuda:0"));
  EXPECT_THAT(Found("torch.device(\"\\"), ElementsAre("device \\"));
  EXPECT_THAT(Found("\""), ElementsAre());
}

TEST(CodeLiterals, Functions) {
  EXPECT_TRUE(DefinesFunction("class M(Module):\n  def forward(self):\n    return 1"));
  EXPECT_FALSE(
      DefinesFunction("class M(Module):\n  __parameters__ = [\"def\", ]  # def\n  undef : int"));
}

}  // namespace
}  // namespace portcullis::checkpoint
