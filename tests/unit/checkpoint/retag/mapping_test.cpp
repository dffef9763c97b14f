#include "src/checkpoint/retag/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "src/base/error.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(DeviceMappingTest, ToMapsEverythingButMeta) {
  const DeviceMapping mapping = DeviceMapping::To("cpu");
  EXPECT_EQ(mapping.Of("cuda:7"), "cpu");
  EXPECT_EQ(mapping.Of("something"), "cpu");
  EXPECT_EQ(mapping.Of("meta"), "meta");
  EXPECT_FALSE(mapping.Changes("cpu"));
}

TEST(DeviceMappingTest, PairsMatchWholeTags) {
  const DeviceMapping mapping =
      DeviceMapping::Pairs(std::array<std::string, 2>{"cuda:1=cuda:0", "cuda:0=cuda:1"});
  EXPECT_EQ(mapping.Of("cuda:1"), "cuda:0");
  EXPECT_EQ(mapping.Of("cuda:0"), "cuda:1");
  EXPECT_EQ(mapping.Of("cuda"), "cuda");
  EXPECT_EQ(mapping.Of("cuda:10"), "cuda:10");
}

TEST(DeviceMappingTest, WrongPairsAreNamed) {
  const auto parse = [](const std::string& pair) {
    return [pair] { DeviceMapping::Pairs(std::array{pair}); };
  };
  EXPECT_THAT(parse("cuda:1"),
              ThrowsMessage<UsageError>(HasSubstr("found 'cuda:1', expected a pair")));
  EXPECT_THAT(parse("=cpu"), ThrowsMessage<UsageError>(HasSubstr("expected a pair")));
  EXPECT_THAT(parse("cuda:1=cuda1"),
              ThrowsMessage<UsageError>(HasSubstr("found 'cuda1', expected a device")));
  EXPECT_THAT(
      [] {
        DeviceMapping::Pairs(std::array<std::string, 2>{"cuda=cpu", "cuda=xpu"});
      },
      ThrowsMessage<UsageError>(HasSubstr("cuda=cpu and cuda=xpu, expected one of them")));
  EXPECT_THAT([] { DeviceMapping::To("gpu"); },
              ThrowsMessage<UsageError>(HasSubstr("found 'gpu', expected a device")));
}

}  // namespace
}  // namespace portcullis::checkpoint
