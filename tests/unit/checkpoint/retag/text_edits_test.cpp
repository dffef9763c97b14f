#include "src/checkpoint/retag/text_edits.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/checkpoint/retag/in_memory.h"

namespace portcullis::checkpoint {
namespace {

std::string Code(const std::string& code, const std::string& device) {
  const SharedSource source = TextSource(code);
  const auto bytes = AllOf(Spliced(source, CodeEdits(code, DeviceMapping::To(device))));
  return {bytes.begin(), bytes.end()};
}

std::string Json(const std::string& json, const std::string& device) {
  const SharedSource source = TextSource(json);
  const auto bytes = AllOf(Spliced(
      source, JsonEdits(*source, DeviceMapping::To(device), [](const JsonPath&) { return true; })));
  return {bytes.begin(), bytes.end()};
}

TEST(CodeEditsTest, AShorterDeviceIsPadded) {
  EXPECT_EQ(Code("x = torch.to(y, torch.device(\"cuda:0\"), 6)", "cpu"),
            "x = torch.to(y, torch.device(\"cpu\"   ), 6)");
}

TEST(CodeEditsTest, ALongerDeviceMovesTheRest) {
  EXPECT_EQ(Code("torch.device('cpu')", "cuda:1"), "torch.device(\"cuda:1\")");
}

TEST(CodeEditsTest, AnIndexOfItsOwnGoes) {
  EXPECT_EQ(Code("torch.device(\"cuda\", 1)", "cpu"), "torch.device(\"cpu\"    )");
  EXPECT_EQ(Code("torch.device(\"cuda\", 1)", "cuda:0"), "torch.device(\"cuda:0\" )");
}

TEST(CodeEditsTest, OtherTextStays) {
  const std::string code = "a = \"cuda:0\"  # torch.device(\"cuda:0\")\nb = torch.device(\"cpu\")";
  EXPECT_EQ(Code(code, "cpu"), code);
}

TEST(JsonEditsTest, TypeAndIndexChange) {
  EXPECT_EQ(Json(R"({"device": {"type": "cuda", "index": 0}})", "cpu"),
            R"({"device": {"type": "cpu", "index": null}})");
  EXPECT_EQ(Json(R"({"as_device":{"index":null,"type":"cpu"}})", "cuda:12"),
            R"({"as_device":{"index":12,"type":"cuda"}})");
}

TEST(JsonEditsTest, AnIndexThatIsMissingIsAdded) {
  EXPECT_EQ(Json(R"([{"device": {"type": "cpu"}}])", "cuda:1"),
            R"([{"device": {"type": "cuda", "index": 1}}])");
  EXPECT_EQ(Json(R"([{"device": {"type": "cuda"}}])", "cpu"), R"([{"device": {"type": "cpu"}}])");
}

TEST(JsonEditsTest, OtherKeysStay) {
  const std::string json = R"({"note": {"type": "cuda", "index": 0}, "device": "cuda:0"})";
  EXPECT_EQ(Json(json, "cpu"), json);
}

}  // namespace
}  // namespace portcullis::checkpoint
