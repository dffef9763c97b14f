// What is particular to single formats, and what goes wrong in them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"
#include "tests/unit/checkpoint/golden.h"
#include "tests/unit/scratch.h"

namespace portcullis::checkpoint {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

// A folder with files, gone with the test.
class FolderTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& bytes) {
    return scratch_.Write(name, bytes);
  }
  static std::string ErrorIn(const std::filesystem::path& path) {
    try {
      ReadDeviceMap(path);
      return "no error";
    } catch (const CheckpointError& error) {
      return error.what();
    }
  }

  Scratch scratch_;
  const std::filesystem::path& folder_ = scratch_.path();
};

using ShardedIndexTest = FolderTest;

TEST_F(ShardedIndexTest, DoesNotLeadOutOfItsFolder) {
  for (const std::string shard : {"../x.bin", "/etc/passwd", "..", "a/b.bin", ""}) {
    const auto index = Write("i.index.json", "{\"weight_map\": {\"w\": \"" + shard + "\"}}");
    EXPECT_THAT(ErrorIn(index), HasSubstr("at byte 22: found the shard '" + shard +
                                          "', expected the name of a file beside the index"));
  }
}

TEST_F(ShardedIndexTest, NamesTheShardThatIsMissing) {
  const auto index = Write("i.index.json", "{\"weight_map\": {\"w\": \"gone.bin\"}}");
  EXPECT_THAT(ErrorIn(index), HasSubstr("gone.bin: found no readable file"));
}

TEST_F(ShardedIndexTest, NamesTheShardThatIsDamaged) {
  Write("bad.bin", TorchZip("\x80\x02R."));
  const auto index = Write("i.index.json", "{\"weight_map\": {\"w\": \"bad.bin\"}}");
  EXPECT_THAT(ErrorIn(index), HasSubstr("bad.bin: m/data.pkl: at byte 2: found REDUCE"));
}

TEST_F(ShardedIndexTest, DoesNotLeadToItself) {
  const auto index = Write("i.index.json", "{\"weight_map\": {\"w\": \"i.index.json\"}}");
  EXPECT_THAT(ErrorIn(index), HasSubstr("found JSON text"));
}

TEST(Distributed, DirectoryIsReadByItsMetadata) {
  const DeviceMap map = ReadDeviceMap(Golden("distributed"));
  EXPECT_EQ(map.format, Format::kDistributed);
  EXPECT_EQ(map.tensors.size(), 7U);
}

TEST(TorchScript, SaysWhichPlaceADeviceHas) {
  const DeviceMap map = ReadDeviceMap(Golden("torchscript-traced.pt"));
  EXPECT_THAT(map.tags, Contains(Field(&DeviceTag::place, Place::kCodeLiteral)));
  // torch::jit::load does not restore the inputs of tracing: a tag, but no storage.
  EXPECT_THAT(map.tags, Contains(Field(&DeviceTag::storage, "traced_inputs/0")));
  EXPECT_THAT(map.storages, Not(Contains(Field(&StorageEntry::key, "traced_inputs/0"))));
}

TEST(TorchScript, ConstantsAreRestoredFirst) {
  const DeviceMap map = ReadDeviceMap(Golden("torchscript-traced.pt"));
  ASSERT_FALSE(map.storages.empty());
  EXPECT_EQ(map.storages[0].key, "constants/0");
}

TEST(TorchScript, WithoutItsData) {
  EXPECT_THAT(ErrorOf(Zip({{"m/constants.pkl", "\x80\x02)."}, {"m/version", "3\n"}})),
              HasSubstr("expected the entry m/data.pkl"));
}

TEST(ExportedProgram, DescribesItsGraphsDevices) {
  const DeviceMap map = ReadDeviceMap(Golden("exported-program.pt2"));
  EXPECT_THAT(map.tags, Contains(Field(&DeviceTag::place, Place::kGraphConstant)));
  EXPECT_THAT(map.tags,
              Contains(Field(&DeviceTag::member, HasSubstr("data/sample_inputs/model.pt!"))));
}

TEST(ExportedProgram, WithoutTheDataOfAWeight) {
  const std::string config = R"({"config": {"w": {"path_name": "weight_0"}}})";
  EXPECT_THAT(ErrorOf(Zip({{"m/archive_format", "pt2"},
                           {"m/data/weights/model_weights_config.json", config}})),
              HasSubstr("found no entry m/data/weights/weight_0, expected the data of w"));
}

std::vector<Warning> WarningsOfCompiled(const std::string& metadata) {
  std::vector<ZipPart> parts = {{"m/archive_format", "pt2"},
                                {"m/data/aotinductor/model/model.wrapper.so",
                                 "\x7f"
                                 "ELF"}};
  if (!metadata.empty()) {
    parts.push_back({"m/data/aotinductor/model/model.wrapper_metadata.json", metadata});
  }
  return ReadDeviceMap(AsBytes(Zip(parts)), "x.pt2").warnings;
}

TEST(ExportedProgram, CompiledOnesAreWarnedOf) {
  EXPECT_THAT(WarningsOfCompiled(""),
              ElementsAre(AllOf(Field(&Warning::text, HasSubstr("for one kind of device")),
                                Field(&Warning::concern, Concern::kCompiled))));
  EXPECT_THAT(
      WarningsOfCompiled(R"({"AOTI_DEVICE_KEY": "cuda", "AOTI_COMPUTE_CAPABILITY": "90",
                             "AOTI_MACHINE": "x86_64", "AOTI_CPU_ISA": ""})"),
      ElementsAre(Field(&Warning::text, HasSubstr("for cuda, compute capability 90, x86_64:"))));
}

TEST(Safetensors, WithATensorOutsideTheFile) {
  const std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_THAT(ErrorOf(Little(header.size(), 8) + header + "1234567"),
              HasSubstr("found tensor w at bytes 0 to 8, expected a place within the 7 bytes"));
}

TEST(Safetensors, WithATensorOfNoName) {
  const std::string header = R"({"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const DeviceMap map =
      ReadDeviceMap(AsBytes(Little(header.size(), 8) + header + "12345678"), "x.safetensors");
  ASSERT_EQ(map.tensors.size(), 1U);
  EXPECT_EQ(map.tensors[0].name, ".");
  ASSERT_EQ(map.storages.size(), 1U);
  EXPECT_EQ(map.tensors[0].storage, map.storages[0].key);
}

TEST(Safetensors, WithAHeaderThatIsNotJson) {
  const std::string header = "{\"w\": nope}";
  EXPECT_THAT(ErrorOf(Little(header.size(), 8) + header), HasSubstr("which is not JSON"));
}

// torch.load of bytes in a pickle, of bytes in that pickle, of …
TEST(PlainPickle, NestedTooDeepIsRefused) {
  std::string inner = PickleText().Raw("N").Done();
  for (int i = 0; i < 6; ++i) {
    inner = PickleText(4)
                .Global("torch.storage", "_load_from_bytes")
                .Raw("B")
                .Raw(Little(inner.size(), 4))
                .Raw(inner)
                .Raw("\x85R")
                .Done();
  }
  EXPECT_THAT(ErrorOf(inner), HasSubstr("found checkpoints nested 5 deep, expected at most 4"));
}

// Its first item is whatever `bytes` stand for in a call of torch.load.
DeviceMap MapOfLoadFromBytes(const std::string& bytes) {
  const std::string pickle = "(lp0\nctorch.storage\n_load_from_bytes\np1\n(" + bytes + "tRa.";
  return ReadDeviceMap(AsBytes(pickle), "x.pkl");
}

// What save_str writes for a text, and what Python 2 writes for a str.
TEST(PlainPickle, OfProtocol0HoldsBytesAsLines) {
  const std::string pickle = PickleText().Tensor("0", "cuda:3", 1).Done();
  std::string unicode, quoted;
  for (const char c : TorchZip(pickle, {{"m/data/0", "ab\\u0041\\"}})) {
    const bool escaped = c == '\\' || c == '\0' || c == '\n' || c == '\r' || c == '\x1a';
    const bool plain = c >= ' ' && c <= '~' && c != '\\' && c != '\'';
    const auto byte = static_cast<std::uint8_t>(c);
    unicode += escaped ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    quoted += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  const std::string encoded = "c_codecs\nencode\n(V" + unicode + "\nVlatin1\ntR";
  for (const std::string& bytes : {encoded, "S'" + quoted + "'\n"}) {
    const DeviceMap map = MapOfLoadFromBytes(bytes);
    EXPECT_EQ(map.format, Format::kPlainPickle);
    ASSERT_EQ(map.tags.size(), 1U);
    EXPECT_EQ(map.tags[0].device, "cuda:3");
    EXPECT_THAT(map.tags[0].member, HasSubstr("bytes@"));
  }
}

TEST(PlainPickle, OfProtocol0WithACharacterThatIsNoByte) {
  try {
    MapOfLoadFromBytes("c_codecs\nencode\n(Va\\u0100\nVlatin1\ntR");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected Latin-1 in UTF-8"));
  }
}

// torch.jit.save of tensors on meta, and of types that Python has no storage class for.
TEST(LibTorchsPickles, NameTypesOfTheirOwnAndHaveEmptyEntriesForMeta) {
  const std::string tensor = PickleText()
                                 .Global("torch._utils", "_rebuild_tensor_v2")
                                 .Raw("((")
                                 .Text("storage")
                                 .Global("torch", "Float8_e4m3fnStorage")
                                 .Text("0")
                                 .Text("meta")
                                 .Raw(std::string_view("K\x04tQK\0K\x04\x85K\x01\x85\x89NtR", 16))
                                 .Done();
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(tensor, {{"m/data/0", ""}})), "x.pt");
  ASSERT_EQ(map.storages.size(), 1U);
  EXPECT_EQ(map.storages[0].dtype, "float8_e4m3fn");
  EXPECT_EQ(map.storages[0].device, "meta");
}

TEST(TextIds, AreWarnedOf) {
  const std::string pickle = "(dp0\nVw\nP('storage', <class 'torch.FloatStorage'>, '0')\ns.";
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(pickle)), "x.pt");
  EXPECT_THAT(map.warnings,
              ElementsAre(Field(&Warning::text, HasSubstr("named by lines of text"))));
  EXPECT_NE(FindOpcode(map, kOpcodePersid), nullptr);
  EXPECT_EQ(FindOpcode(map, kOpcodeProto), nullptr);
}

TEST(TensorSizes, BeyondAllMemoryAreRefused) {
  const std::string pickle = PickleText()
                                 .Global("torch._utils", "_rebuild_meta_tensor_no_storage")
                                 .Raw("(")
                                 .Global("torch", "float32")
                                 .Raw("J" + Little(0x7fffffff, 4) + "2" + "2\x87" + "N\x89tR")
                                 .Done();
  EXPECT_THAT(ErrorOf(TorchZip(pickle)), HasSubstr("expected sizes of at most 2^63 bytes in all"));
}

TEST(PicklePoint, CountsTheStoragesBefore) {
  constexpr std::uint8_t kMemoize = 0x94;
  const std::string pickle = PickleText()
                                 .Raw("(")
                                 .Tensor("0", "cuda:0", 1)
                                 .Global("my", "Early")
                                 .Tensor("0", "cuda:0", 1)
                                 .Tensor("1", "cuda:0", 1)
                                 .Global("my", "Late")
                                 .Raw("\x94t")
                                 .Global("my", "Early")
                                 .Raw("\x86")
                                 .Done();
  const DeviceMap map = ReadDeviceMap(
      AsBytes(TorchZip(pickle, {{"m/data/0", "abcd"}, {"m/data/1", "abcd"}})), "x.pt");
  const auto before = [&map](std::string_view global) {
    const auto found = std::find_if(map.globals.begin(), map.globals.end(),
                                    [&](const PickledGlobal& g) { return g.name == global; });
    return found == map.globals.end() ? 99 : found->first.storages_before;
  };
  EXPECT_EQ(before("torch._utils._rebuild_tensor_v2"), 0U);
  EXPECT_EQ(before("my.Early"), 1U);
  EXPECT_EQ(before("my.Late"), 2U);
  const auto opcode = [&map](std::uint8_t code) {
    return std::find_if(map.opcodes.begin(), map.opcodes.end(),
                        [&](const PickledOpcode& o) { return o.code == code; });
  };
  EXPECT_EQ(opcode(kOpcodeProto)->first, (PicklePoint{0, 0}));
  EXPECT_EQ(opcode(kOpcodeProto)->next, 2);
  ASSERT_NE(opcode(kMemoize), map.opcodes.end());
  EXPECT_EQ(opcode(kMemoize)->first.storages_before, 2U);
}

TEST(PicklePoint, SaysWhereAnObjectIsFirstGivenItems) {
  const std::string pickle = PickleText()
                                 .Global("collections", "OrderedDict")
                                 .Raw(")R(")
                                 .Text("w")
                                 .Tensor("0", "cuda:0", 1)
                                 .Raw("u")
                                 .Global("my", "Model")
                                 .Raw(")\x81}b\x86")
                                 .Done();
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(pickle, {{"m/data/0", "abcd"}})), "x.pt");
  const auto filled = [&map](std::string_view global) {
    const auto found = std::find_if(map.globals.begin(), map.globals.end(),
                                    [&](const PickledGlobal& g) { return g.name == global; });
    return found->filled;
  };
  ASSERT_TRUE(filled("collections.OrderedDict").has_value());
  EXPECT_EQ(filled("collections.OrderedDict")->storages_before, 1U);
  EXPECT_TRUE(filled("my.Model").has_value());
  EXPECT_FALSE(filled("torch._utils._rebuild_tensor_v2").has_value());
}

TEST(Storage, WithoutAKeyIsRefused) {
  EXPECT_THAT(ErrorOf(TorchZip(PickleText().Tensor("", "cuda:0", 1).Done())),
              HasSubstr("found a storage without a key, expected a string or a number"));
}

TEST(Storage, WithTwoTagsIsWarnedOf) {
  const std::string one = PickleText().Tensor("0", "cuda:0", 1).Done();
  const std::string two = PickleText().Tensor("0", "cuda:1", 1).Done();
  const std::string pickle =
      one.substr(0, one.size() - 1) + two.substr(2, two.size() - 3) + "\x86.";
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(pickle, {{"m/data/0", "abcd"}})), "x.pt");
  EXPECT_THAT(map.warnings,
              ElementsAre(Field(&Warning::text,
                                "storage 0 is tagged 'cuda:0' and 'cuda:1': the first counts")));
  EXPECT_EQ(map.tags.size(), 2U);
}

TEST(FormatNames, GoBothWays) {
  for (const std::filesystem::path& golden : GoldenCheckpoints()) {
    const Format format = ReadDeviceMap(golden).format;
    EXPECT_EQ(ParseFormat(FormatName(format)), format);
  }
  try {
    ParseFormat("torchscipt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'torchscript'?"));
  }
}

}  // namespace
}  // namespace portcullis::checkpoint
