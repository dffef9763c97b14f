#include "src/portability/torch_version.h"

#include <gtest/gtest.h>

#include "src/portability/weights_only.h"

namespace portcullis::portability {
namespace {

TorchVersion Version(const char* text) { return ParseTorchVersion(text).value(); }

TEST(TorchVersion, ReadsWhatBuildsSayOfThemselves) {
  EXPECT_EQ(Version("2.11.0+cu130"), kDefaultTorch);
  EXPECT_EQ(Version("2.6"), Version("2.6.0"));
  EXPECT_LT(Version("2.9.1"), Version("2.11.0"));
  for (const char* text : {"", "2", "x", "2.", ".6", "-2.6"}) {
    EXPECT_FALSE(ParseTorchVersion(text)) << text;
  }
}

TEST(TorchRange, HoldsWhereEveryConditionDoes) {
  const auto range = TorchRange::Parse(">=2.5 <2.11");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->Holds(Version("2.5.0")));
  EXPECT_TRUE(range->Holds(Version("2.10.5")));
  EXPECT_FALSE(range->Holds(Version("2.11.0")));
  EXPECT_FALSE(range->Holds(Version("1.13.1")));
  EXPECT_TRUE(TorchRange().Holds(Version("1.13.1")));
}

TEST(TorchRange, RefusesWhatIsNoCondition) {
  for (const char* text : {"2.6", "~2.6", ">=", ">=2", ">=2.6x", ">= 2.6"}) {
    EXPECT_FALSE(TorchRange::Parse(text)) << text;
  }
}

TEST(WeightsOnly, DependsOnTheVersion) {
  EXPECT_FALSE(WeightsOnlyAccepts("builtins.set", Version("2.5.1")));
  EXPECT_TRUE(WeightsOnlyAccepts("builtins.set", Version("2.6.0")));
  EXPECT_FALSE(WeightsOnlyAccepts("torch.int3", Version("2.6.0")));
  EXPECT_TRUE(WeightsOnlyAccepts("torch.int3", Version("2.11.0")));
  EXPECT_TRUE(WeightsOnlyAccepts("torch.quint8", Version("2.5.1")));
  EXPECT_TRUE(WeightsOnlyAccepts("torch._utils._rebuild_nested_tensor", Version("2.11.0")));
  EXPECT_FALSE(WeightsOnlyAccepts("torch._utils._rebuild_nested_tensor", Version("2.15.0")));
}

}  // namespace
}  // namespace portcullis::portability
