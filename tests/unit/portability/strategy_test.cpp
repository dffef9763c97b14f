// The one spelling of strategies, and what is said of a wrong one.
#include "src/portability/strategy.h"

#include <gmock/gmock.h>

#include "src/base/error.h"

namespace portcullis::portability {
namespace {

std::string ErrorOf(std::string_view text) {
  try {
    ParseStrategy(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Strategy, EveryExampleOfTheTableParsesToItsRowAndBack) {
  for (const StrategyRow& row : StrategyTable()) {
    const Strategy strategy = ParseStrategy(row.example);
    EXPECT_EQ(strategy.kind, row.kind) << row.example;
    EXPECT_EQ(strategy.Text(), row.example);
    EXPECT_FALSE(row.python.empty()) << row.name;
  }
}

TEST(Strategy, MmapMayStandAlone) { EXPECT_EQ(ParseStrategy("mmap").argument, ""); }

TEST(Strategy, RemapPairsKeepTheirOrder) {
  const auto pairs = RemapPairs(ParseStrategy("remap=cuda:1>cuda:0,cuda:0>cpu"));
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].from, "cuda:1");
  EXPECT_EQ(pairs[1].to, "cpu");
}

TEST(Strategy, ATypingMistakeGetsTheNearestName) {
  EXPECT_THAT(ErrorOf("map-locaton=cpu"), testing::HasSubstr("did you mean 'map-location'?"));
}

TEST(Strategy, AMissingColonIsNamed) {
  EXPECT_EQ(ErrorOf("map-location=cuda1"),
            "strategy 'map-location=cuda1': found 'cuda1', expected a device, as in "
            "'map-location=cpu'");
}

TEST(Strategy, MissingAndSurplusArgumentsAreNamed) {
  EXPECT_THAT(ErrorOf("map-location"), testing::HasSubstr("found nothing, expected an argument"));
  EXPECT_THAT(ErrorOf("mmap="), testing::HasSubstr("found nothing"));
  EXPECT_THAT(ErrorOf("as-saved=cpu"), testing::HasSubstr("expected nothing behind the name"));
  EXPECT_THAT(ErrorOf("remap=cuda:1"), testing::HasSubstr("expected saved>present"));
  EXPECT_THAT(ErrorOf("parts=cuda:0,x"), testing::HasSubstr("found 'x'"));
  EXPECT_THAT(ErrorOf("callable=maybe"), testing::HasSubstr("expected keep, none or a device"));
}

TEST(Strategy, DevicesAreThoseThatPyTorchParses) {
  for (const char* device : {"cpu", "cuda", "cuda:0", "cuda:63", "meta", "npu:1"}) {
    EXPECT_TRUE(IsDevice(device)) << device;
  }
  for (const char* device : {"", "cuda:", "cuda1", "cuda:01", "cuda:0:1", "gpu:0", "CUDA:0"}) {
    EXPECT_FALSE(IsDevice(device)) << device;
  }
}

}  // namespace
}  // namespace portcullis::portability
