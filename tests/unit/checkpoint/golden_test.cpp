// The reader against PyTorch itself: for each golden checkpoint, the device map says what PyTorch
// reported when the checkpoint was made (fixtures/golden/make_checkpoints.py).
#include "tests/unit/checkpoint/golden.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>

#include "src/checkpoint/read.h"
#include "src/checkpoint/zip.h"

namespace portcullis::checkpoint {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAreArray;

class GoldenTest : public testing::TestWithParam<std::filesystem::path> {
 protected:
  GoldenTest()
      : map_(ReadDeviceMap(GetParam())),
        expected_(json::parse(std::ifstream(GetParam().string() + ".json"))) {}

  DeviceMap map_;
  json expected_;
};

std::string Describe(const std::string& name, const std::string& dtype,
                     std::span<const std::int64_t> shape, const std::string& tag) {
  return fmt::format("{} {} [{}] {}", name, dtype, fmt::join(shape, ","), tag);
}

TEST_P(GoldenTest, HasTheFormat) {
  EXPECT_EQ(FormatName(map_.format), expected_["format"].get<std::string>());
}

TEST_P(GoldenTest, ListsTheTensorsThatPyTorchLoads) {
  std::vector<std::string> found, wanted;
  for (const TensorEntry& tensor : map_.tensors) {
    found.push_back(Describe(tensor.name, tensor.dtype, tensor.shape, tensor.device));
  }
  for (const json& tensor : expected_["tensors"]) {
    const std::vector<std::int64_t> shape = tensor["shape"];
    wanted.push_back(Describe(tensor["name"], tensor["dtype"], shape, tensor["tag"]));
  }
  if (map_.format == Format::kTorchScript) {
    // Python does not list a module's constants and plain attributes.
    EXPECT_THAT(found, IsSupersetOf(wanted));
  } else {
    EXPECT_THAT(found, UnorderedElementsAreArray(wanted));
  }
}

TEST_P(GoldenTest, ListsTheStoragesInTheOrderInWhichPyTorchRestoresThem) {
  std::vector<std::string> found, wanted;
  for (const StorageEntry& storage : map_.storages) {
    found.push_back(fmt::format("{} {}", storage.device, storage.bytes));
  }
  for (const json& storage : expected_["storages"]) {
    wanted.push_back(fmt::format("{} {}", storage["tag"].get<std::string>(),
                                 storage["bytes"].get<std::uint64_t>()));
  }
  if (map_.format == Format::kSafetensors) {
    EXPECT_THAT(found, UnorderedElementsAreArray(wanted));  // nothing is restored there
  } else {
    EXPECT_THAT(found, ElementsAreArray(wanted));
  }
}

TEST_P(GoldenTest, TellsValuesFromTags) {
  std::set<std::string> found, wanted;
  for (const DeviceTag& tag : map_.tags) {
    const bool in_code = tag.member.ends_with(".py");
    const bool in_script = map_.format == Format::kTorchScript || map_.format == Format::kArchive;
    if (in_code || in_script) continue;  // Python lists no values of a module
    if (tag.place == Place::kDeviceObject)
      found.insert("torch.device " + tag.name + " " + tag.device);
    if (tag.place == Place::kLookalike) found.insert("str " + tag.name + " " + tag.device);
  }
  for (const json& value : expected_["values"]) {
    wanted.insert(fmt::format("{} {} {}", value["type"].get<std::string>(),
                              value["name"].get<std::string>(), value["text"].get<std::string>()));
  }
  EXPECT_EQ(found, wanted);
}

// What PyTorch says of a package of AOTInductor, each part of it.
TEST_P(GoldenTest, SaysWhatItIsCompiledFor) {
  std::string said;
  for (const Warning& warning : map_.warnings) {
    if (warning.concern == Concern::kCompiled) said += warning.text;
  }
  EXPECT_EQ(said.empty(), !expected_.contains("compiled_for"));
  if (said.empty()) return;
  for (const auto& [key, value] : expected_["compiled_for"].items()) {
    EXPECT_THAT(said, HasSubstr(value.get<std::string>())) << key;
  }
}

// The member (or file) that a tag is in, whole.
std::string MemberText(const std::filesystem::path& path, const std::string& member) {
  const std::size_t bang = member.find('!');
  if (bang != std::string::npos && !member.starts_with("__") && member.find("part-") != 0) {
    // "archive.pt2's model.pt!archive/data.pkl": an archive in an archive
    const auto file = OpenFile(path);
    const ZipArchive outer(*file);
    const auto inner = outer.Open(*outer.FindWhole(member.substr(0, bang)));
    const ZipArchive archive(*inner);
    const auto source = archive.Open(*archive.FindWhole(member.substr(bang + 1)));
    std::string text(source->Size(), '\0');
    source->Read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
  }
  if (bang != std::string::npos) {  // "part-1.bin!part-1/data.pkl", "__0_0.distcp@12!…"
    const std::string file = member.substr(0, bang);
    const std::size_t at = file.find('@');
    const std::uint64_t offset = at == std::string::npos ? 0 : std::stoull(file.substr(at + 1));
    const auto source = OpenFile(path.parent_path() / file.substr(0, at));
    // Pieces of a .distcp file follow each other; each one's directory ends it.
    std::string all(source->Size() - offset, '\0');
    source->Read(offset, {reinterpret_cast<std::uint8_t*>(all.data()), all.size()});
    const std::string name = member.substr(bang + 1);
    const std::size_t header = all.find(name);
    const auto extra = static_cast<std::size_t>(static_cast<unsigned char>(all[header - 2])) |
                       static_cast<std::size_t>(static_cast<unsigned char>(all[header - 1])) << 8;
    return all.substr(header + name.size() + extra);
  }
  const auto file = OpenFile(path);
  std::unique_ptr<ZipArchive> archive;
  std::unique_ptr<Source> source;
  const Source* whole = file.get();
  if (!member.empty()) {
    archive = std::make_unique<ZipArchive>(*file);
    source = archive->Open(*archive->FindWhole(member));
    whole = source.get();
  }
  std::string text(whole->Size(), '\0');
  whole->Read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

TEST_P(GoldenTest, NamesThePlaceOfEveryTag) {
  for (const DeviceTag& tag : map_.tags) {
    if (tag.member.find("bytes@") != std::string::npos) continue;  // text of protocol 2, decoded
    const std::string text = MemberText(GetParam(), tag.member);
    // A device in two parts ("cuda", 1) is named by the place of the first.
    const std::string type = tag.device.substr(0, tag.device.find(':'));
    ASSERT_LE(tag.offset + type.size(), text.size()) << tag.member;
    EXPECT_EQ(text.substr(tag.offset, type.size()), type) << tag.member << " at " << tag.offset;
    const bool whole = text.substr(tag.offset, tag.device.size()) == tag.device;
    const bool parts = tag.place == Place::kDeviceObject || tag.place == Place::kGraphConstant ||
                       tag.member.ends_with(".json");
    EXPECT_TRUE(whole || parts) << tag.device << " in " << tag.member << " at " << tag.offset;
  }
}

TEST_P(GoldenTest, ReadsTheSameFromMemory) {
  const DeviceMap again = ReadDeviceMap(ReadBytes(GetParam()), GetParam().string());
  EXPECT_EQ(again.format, map_.format);
  if (map_.format == Format::kShardedIndex || map_.format == Format::kDistributed) {
    // Their further files are not looked for, and that is said.
    EXPECT_THAT(again.warnings,
                Contains(testing::Field(&Warning::text, HasSubstr("was not read"))));
    return;
  }
  ASSERT_EQ(again.tensors.size(), map_.tensors.size());
  for (std::size_t i = 0; i < again.tensors.size(); ++i) {
    EXPECT_EQ(again.tensors[i].name, map_.tensors[i].name);
    EXPECT_EQ(again.tensors[i].device, map_.tensors[i].device);
  }
  ASSERT_EQ(again.tags.size(), map_.tags.size());
  for (std::size_t i = 0; i < again.tags.size(); ++i) {
    EXPECT_EQ(again.tags[i].offset, map_.tags[i].offset);
    EXPECT_EQ(again.tags[i].member, map_.tags[i].member);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(GoldenCheckpoints()),
                         [](const auto& golden) { return TestName(golden.param); });

TEST(GoldenCheckpointsTest, AreThere) { EXPECT_GE(GoldenCheckpoints().size(), 33U); }

}  // namespace
}  // namespace portcullis::checkpoint
