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

// tests/integration/retag/loads_test.py holds the same against torch.load.
TEST(DeviceMappingTest, TargetsAreWhatTorchLoadRestores) {
  for (const std::string device :
       {"cpu", "meta", "mps", "cuda", "cuda:0", "cuda:10", "cuda:127", "xpu:1", "hpu", "npu:7"}) {
    EXPECT_NO_THROW(DeviceMapping::To(device)) << device;
    EXPECT_NO_THROW(DeviceMapping::Pairs(std::array{"cuda:1=" + device})) << device;
  }
  for (const std::string device :
       {"", "cpu:0", "meta:0", "cuda:", "cuda:01", "cuda:00", "cuda:128", "cuda:999", "cuda:-1",
        "cuda:1 ", "CUDA", "mkldnn", "hip:0", "xla:0", "vulkan", "ipu"}) {
    EXPECT_THROW(DeviceMapping::To(device), UsageError) << device;
    EXPECT_THROW(DeviceMapping::Pairs(std::array{"cuda:1=" + device}), UsageError) << device;
  }
}

TEST(DeviceMappingTest, AnyTagCanBeRepaired) {
  const DeviceMapping mapping =
      DeviceMapping::Pairs(std::array<std::string, 3>{"cuda:01=cuda:1", "cpu:0=cpu", "a=b=cpu"});
  EXPECT_EQ(mapping.Of("cuda:01"), "cuda:1");
  EXPECT_EQ(mapping.Of("cpu:0"), "cpu");
  EXPECT_EQ(mapping.Of("a=b"), "cpu");
}

TEST(DeviceMappingTest, PairsThatMatchNothingAreNamed) {
  const DeviceMapping mapping =
      DeviceMapping::Pairs(std::array<std::string, 2>{"cuda:0=cpu", "cuda:7=cuda:1"});
  EXPECT_THAT(mapping.Unmatched({"cuda:0", "cuda:1"}), testing::ElementsAre("cuda:7=cuda:1"));
  EXPECT_THAT(mapping.Unmatched({"cuda:0", "cuda:7"}), testing::IsEmpty());
  EXPECT_THAT(DeviceMapping::To("cpu").Unmatched({}), testing::IsEmpty());
}

}  // namespace
}  // namespace portcullis::checkpoint
