// What LibTorch's own unpickler refuses, one pickle a row. tests/integration/cli/check_test.py
// holds the rules against LibTorch itself, over the checkpoints that are golden.
#include "src/portability/cpp_unpickler.h"

#include <gmock/gmock.h>

namespace portcullis::portability {
namespace {

using checkpoint::DeviceMap;

constexpr std::uint8_t kProto = checkpoint::kOpcodeProto;
constexpr std::uint8_t kLong1 = checkpoint::kOpcodeLong1;

DeviceMap Pickle(std::vector<checkpoint::PickledGlobal> globals,
                 const std::vector<checkpoint::PickledOpcode>& more = {}) {
  DeviceMap map;
  map.globals = std::move(globals);
  map.opcodes = {{kProto, {0, 0}, 2}, {'}', {0, 2}}, {'c', {0, 5}}, {'.', {2, 90}}};
  map.opcodes.insert(map.opcodes.end(), more.begin(), more.end());
  return map;
}

DeviceMap OfProtocol(std::uint8_t number) {
  DeviceMap map;
  map.opcodes = {{kProto, {0, 0}, number}, {'.', {0, 2}}};
  return map;
}

DeviceMap WithoutProtocol() {
  DeviceMap map;
  map.opcodes = {{'(', {0, 0}}, {'.', {0, 2}}};
  return map;
}

checkpoint::PickledGlobal Filled(std::string name, std::uint32_t storages_before) {
  return {std::move(name), {0, 3}, checkpoint::PicklePoint{storages_before, 80}};
}

std::string ErrorOf(const DeviceMap& map, const TorchVersion& torch = kDefaultTorch) {
  const auto end = PickleLoadEndOf(map, torch);
  return end ? std::string(end->error) : "none";
}

constexpr std::string_view kRebuild = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kFromType = "torch._tensor._rebuild_from_type_v2";

checkpoint::PickledGlobal Global(std::string_view name, std::uint64_t offset) {
  return {std::string(name), {0, offset}};
}

TEST(PickleLoad, ReadsPlainContainersOfTensors) {
  EXPECT_EQ(ErrorOf(Pickle({Global(kRebuild, 5), Global("torch.FloatStorage", 9),
                            Global("collections.OrderedDict", 20)})),
            "none");
  EXPECT_EQ(ErrorOf(DeviceMap()), "none");
  EXPECT_EQ(ErrorOf(Pickle({}, {{kLong1, {0, 30}, 8}})), "none");
}

TEST(PickleLoad, ReadsProtocol2Alone) {
  EXPECT_EQ(ErrorOf(OfProtocol(2)), "none");
  EXPECT_EQ(ErrorOf(OfProtocol(3)), "unpickler-protocol");
  EXPECT_EQ(ErrorOf(OfProtocol(5)), "unpickler-protocol");
  EXPECT_EQ(ErrorOf(WithoutProtocol()), "not-a-pickle");
}

TEST(PickleLoad, KnowsFewGlobals) {
  for (const char* global :
       {"torch.nn.modules.linear.Linear", "torch.Size", "torch.float32", "torch.cuda.FloatStorage",
        "torch.storage.UntypedStorage", "torch._utils._rebuild_tensor_v3", "__builtin__.set",
        "_codecs.encode", "torch.serialization._get_layout", "collections.defaultdict"}) {
    EXPECT_EQ(ErrorOf(Pickle({Global(global, 5)})), "unpickler-global") << global;
  }
}

TEST(PickleLoad, KnowsParametersSinceALaterVersion) {
  const DeviceMap map = Pickle({Global("torch._utils._rebuild_parameter", 5)});
  EXPECT_EQ(ErrorOf(map), "none");
  EXPECT_EQ(ErrorOf(map, {{2, 6, 0}}), "unpickler-global");
}

// The type of a subclass is named, and not asked for: the second global behind that function.
TEST(PickleLoad, TakesATensorForItsSubclass) {
  EXPECT_EQ(ErrorOf(Pickle({Global(kFromType, 5), Global(kRebuild, 9), Global("my.Tensor", 15)})),
            "none");
  EXPECT_EQ(ErrorOf(Pickle({Global(kRebuild, 2), Global(kFromType, 5), Global("my.Tensor", 15)})),
            "unpickler-global");
  EXPECT_EQ(
      ErrorOf(Pickle({Global(kRebuild, 2), Global(kFromType, 5), Global("torch.Tensor", 15)})),
      "none");
}

TEST(PickleLoad, KnowsFewOpcodes) {
  constexpr std::uint8_t kEmptySet = 0x8f;
  EXPECT_EQ(ErrorOf(Pickle({}, {{kEmptySet, {0, 30}}})), "unpickler-opcode");
  EXPECT_EQ(ErrorOf(Pickle({}, {{kLong1, {0, 30}, 6}})), "unpickler-opcode");
}

TEST(PickleLoad, HasNoValueForAnOrderedDict) {
  const DeviceMap map = Pickle({Filled("collections.OrderedDict", 2), Global(kRebuild, 9)});
  const auto end = PickleLoadEndOf(map);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->error, "pickle-not-a-dict");
  EXPECT_EQ(end->at.storages_before, 2U);  // its tensors have been restored
}

TEST(PickleLoad, EndsAtTheFirstThatIsNotRead) {
  const DeviceMap map = Pickle({Filled("collections.OrderedDict", 2), {"my.Model", {1, 40}}});
  EXPECT_EQ(ErrorOf(map), "unpickler-global");
}

TEST(Unpickler, ParsesATagWhateverTheLoadWasTold) {
  for (const char* tag : {"", "foo", "npu:0", "cuda:", "cuda:01", "cuda:-1", "cuda:0 ", "CUDA:0",
                          "cuda:99999999999"}) {
    const auto refused = UnpicklerRefuses(tag, "cpu");
    ASSERT_TRUE(refused.has_value()) << tag;
    EXPECT_EQ(refused->error, "bad-device-string") << tag;
  }
  for (const char* tag : {"cpu", "cpu:3", "cuda", "cuda:127", "meta", "xla:0", "mps"}) {
    EXPECT_FALSE(UnpicklerRefuses(tag, "cpu").has_value()) << tag;
  }
}

TEST(Unpickler, AsksForFewKindsOfDevices) {
  const auto error_of = [](const std::string& device) {
    const auto refused = UnpicklerRefuses(device, device);
    return refused ? refused->error : "none";
  };
  for (const char* device : {"cpu", "cuda:1", "meta"}) EXPECT_EQ(error_of(device), "none");
  for (const char* device : {"mps", "hpu", "xpu"}) EXPECT_EQ(error_of(device), "not-linked");
  for (const char* device : {"mps:0", "mtia:0", "privateuseone:0"}) {
    EXPECT_EQ(error_of(device), "missing-backend");
  }
  for (const char* device : {"xla:0", "vulkan", "ipu"}) EXPECT_EQ(error_of(device), "unknown-tag");
}

}  // namespace
}  // namespace portcullis::portability
