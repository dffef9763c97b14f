// What retagging makes of whole checkpoints: only tags differ, weights stay where they were, and
// there is a way back.
#include "src/checkpoint/retag/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "src/base/error.h"
#include "src/checkpoint/zip.h"
#include "tests/unit/checkpoint/golden.h"
#include "tests/unit/checkpoint/retag/in_memory.h"

namespace portcullis::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

bool NamesNoTags(const DeviceMap& map) {
  return map.format == Format::kSafetensors || map.format == Format::kShardedIndex ||
         map.format == Format::kDistributed;
}

// Moving its tags would not move its code.
bool IsCompiled(const DeviceMap& map) {
  return std::any_of(map.warnings.begin(), map.warnings.end(),
                     [](const Warning& warning) { return warning.concern == Concern::kCompiled; });
}

class RetagGoldenTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(RetagGoldenTest, ThereAndBack) {
  const InMemory file(ReadBytes(GetParam()));
  const DeviceMap before = ReadDeviceMap(file.bytes, "model.pt");
  if (NamesNoTags(before) || IsCompiled(before)) {
    EXPECT_THROW(file.Plan(To("cpu")), CheckpointError);
    return;
  }
  for (const char* device : {"cpu", "cuda:5", "privateuseone:11"}) {
    SCOPED_TRACE(device);
    const RetagWish wish{DeviceMapping::To(device), true};
    const InMemory after(file.After(wish));
    const DeviceMap map = ReadDeviceMap(after.bytes, "model.pt");
    EXPECT_EQ(map.format, before.format);
    ASSERT_EQ(map.storages.size(), before.storages.size());
    for (std::size_t i = 0; i < map.storages.size(); ++i) {
      EXPECT_EQ(map.storages[i].device, device);
      EXPECT_EQ(map.storages[i].bytes, before.storages[i].bytes);
    }
    EXPECT_TRUE(after.Plan(wish).changes.empty()) << "nothing is left to change";
    if (after.bytes == file.bytes) continue;
    const auto undo = FindUndo(*after.source);
    ASSERT_TRUE(undo.has_value());
    EXPECT_EQ(AllOf(*undo->before), file.bytes);
  }
}

TEST_P(RetagGoldenTest, WeightsStayWhereTheyAre) {
  const InMemory file(ReadBytes(GetParam()));
  if (file.bytes.size() < 4 || file.bytes[0] != 'P') return;
  if (IsCompiled(ReadDeviceMap(file.bytes, "model.pt"))) return;  // refused
  const InMemory after(file.After(To("cuda:5")));
  EXPECT_TRUE(std::equal(file.bytes.begin(), file.bytes.end(), after.bytes.begin()));
  const ZipArchive before(*file.source);
  const ZipArchive now(*after.source);
  ASSERT_EQ(now.entries().size(), before.entries().size());
  for (std::size_t i = 0; i < now.entries().size(); ++i) {
    const ZipEntry& entry = now.entries()[i];
    EXPECT_EQ(entry.name, before.entries()[i].name);
    const bool moved = entry.header_offset != before.entries()[i].header_offset;
    const bool may_move = entry.name.ends_with(".pkl") || entry.name.ends_with(".json") ||
                          entry.name.ends_with("/model.pt");
    EXPECT_TRUE(!moved || may_move) << entry.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RetagGoldenTest, testing::ValuesIn(GoldenCheckpoints()),
                         [](const auto& golden) { return TestName(golden.param); });

std::string OneTensor(const std::string& device) {
  return PickleText().Tensor("0", device, 4).Done();
}
const std::vector<ZipPart> kWeights = {{"m/data/0", std::string(16, 'w')}};

TEST(RetagPlanTest, TheListSaysWhatChangesAndWhatStays) {
  const InMemory file(ReadBytes(Golden("zip-training.pt")));
  const RetagPlan plan = file.Plan(To("cpu"));
  EXPECT_EQ(plan.changes.size(), 12U);
  for (const TagChange& change : plan.changes) {
    EXPECT_EQ(change.tag.device, "cuda:0");
    EXPECT_EQ(change.becomes, "cpu");
  }
  std::vector<std::string> kept;
  for (const KeptTag& tag : plan.kept) kept.push_back(tag.tag.name + " " + tag.tag.device);
  EXPECT_THAT(kept, testing::UnorderedElementsAre("config.target cuda:0", "config.device cuda",
                                                  "config.devices.1 cuda:1", "config.note cuda:0",
                                                  "args.device cuda:2"));
}

TEST(RetagPlanTest, ArchivesWithoutZip64StayWithout) {
  const InMemory file(TorchZip(OneTensor("cuda:0"), kWeights));
  const InMemory after(file.After(To("cpu")));
  EXPECT_FALSE(ZipArchive(*after.source).directory().zip64);
  EXPECT_THAT(TagsOf(after.bytes), ElementsAre("storage tag cpu 0"));
}

TEST(RetagPlanTest, AnArchivesCommentStays) {
  ZipShape shape;
  shape.comment = "trained on a Tuesday";
  const InMemory file(TorchZip(OneTensor("cuda:0"), kWeights, shape));
  const InMemory once(file.After(To("cpu")));
  const InMemory twice(once.After(To("cuda:1")));
  const std::string end(twice.bytes.end() - 90, twice.bytes.end());
  EXPECT_THAT(end, HasSubstr("trained on a Tuesdayportcullis-retag undo "));
  EXPECT_EQ(AllOf(*FindUndo(*twice.source)->before), once.bytes);
}

TEST(RetagPlanTest, TheEndRecordsAreWithinOneSector) {
  for (std::size_t padding = 0; padding < 600; padding += 7) {
    ZipShape shape;
    shape.zip64 = true;
    const InMemory file(
        TorchZip(OneTensor("cuda:0") + std::string(padding, '\0'), kWeights, shape));
    const InMemory after(file.After(To("cpu")));
    const std::uint64_t last = ZipArchive(*after.source).directory().end_at + 22 - 1;
    EXPECT_EQ((last - 97) / 512, last / 512) << padding;
  }
}

TEST(RetagPlanTest, OldEndRecordsAreKeptWithinReach) {
  const std::string many(70000, '#');
  const InMemory small(TorchZip(OneTensor("cuda:0"), kWeights));
  EXPECT_TRUE(small.Plan(To("cpu")).bytes.old_end.empty());
  const InMemory large(TorchZip(OneTensor("cuda:0") + many, kWeights));
  EXPECT_FALSE(large.Plan(To("cpu")).bytes.old_end.empty());
  // What looks like an end record in a new member would be taken for one until the last is there.
  const InMemory misleading(TorchZip(OneTensor("cuda:0") + "PK\x05\x06", kWeights));
  EXPECT_FALSE(misleading.Plan(To("cpu")).bytes.old_end.empty());
}

TEST(RetagPlanTest, CompiledProgramsAreRefused) {
  const InMemory file(
      Zip({{"m/archive_format", "pt2"}, {"m/data/aotinductor/model/model.so", "ELF"}}));
  EXPECT_THAT([&file] { file.Plan(To("cpu")); },
              ThrowsMessage<CheckpointError>(HasSubstr("compiled for one kind of device")));
}

TEST(RetagPlanTest, AChangedWayBackIsRefused) {
  const InMemory file(ReadBytes(Golden("legacy-cuda0.pt")));
  auto bytes = file.After(To("cpu"));
  bytes[bytes.size() - 60] ^= 1;
  const InMemory damaged(bytes);
  EXPECT_THROW(FindUndo(*damaged.source), CheckpointError);
}

TEST(RetagPlanTest, AFileThatWasChangedSinceHasNoWayBack) {
  const InMemory file(ReadBytes(Golden("zip-cuda0.pt")));
  auto bytes = file.After(To("cpu"));
  bytes[file.bytes.size() - 30] ^= 1;  // the old end records
  const InMemory changed(bytes);
  EXPECT_FALSE(FindUndo(*changed.source).has_value());
}

TEST(RetagPlanTest, FilesThatWereNotRetaggedHaveNothingToUndo) {
  for (const auto& golden : GoldenCheckpoints()) {
    const InMemory file(ReadBytes(golden));
    EXPECT_FALSE(FindUndo(*file.source).has_value()) << golden;
  }
}

}  // namespace
}  // namespace portcullis::checkpoint
