// The zip directory, read as PyTorch's own reader reads it.
#include "src/checkpoint/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"

namespace portcullis::checkpoint {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

std::string Tensor() { return PickleText().Tensor("0", "cuda:0", 2).Done(); }
std::vector<ZipPart> Storage() { return {{"m/data/0", std::string(8, 'w')}}; }

// The device of the one tensor of a file.
std::string DeviceIn(const std::string& file) {
  const DeviceMap map = ReadDeviceMap(AsBytes(file), "x.pt");
  return map.tensors.size() == 1 ? map.tensors[0].device : "not one tensor";
}

TEST(Zip, OfEveryShapeIsRead) {
  for (const bool zip64 : {false, true}) {
    for (const bool descriptors : {false, true}) {
      ZipShape shape;
      shape.zip64 = zip64;
      shape.descriptors = descriptors;
      EXPECT_EQ(DeviceIn(TorchZip(Tensor(), Storage(), shape)), "cuda:0");
      shape.comment = "a comment";
      EXPECT_EQ(DeviceIn(TorchZip(Tensor(), Storage(), shape)), "cuda:0");
    }
  }
}

TEST(Zip, MayBeFollowedByOtherBytes) {
  const std::string file = TorchZip(Tensor(), Storage());
  EXPECT_EQ(DeviceIn(file + std::string(10, 'x')), "cuda:0");
  EXPECT_EQ(DeviceIn(file + std::string(65'000, 'x')), "cuda:0");
  EXPECT_EQ(DeviceIn(file + "PK\x05\x06 too short"), "cuda:0");
  EXPECT_THAT(ErrorOf(file + std::string(66'000, 'x')), HasSubstr("no end record"));
}

TEST(Zip, LastEndRecordCounts) {
  const std::string file = TorchZip(Tensor(), Storage());
  EXPECT_THAT(ErrorOf(file + std::string("PK\x05\x06", 4) + std::string(18, '\0')),
              HasSubstr("found an archive without entries"));
  EXPECT_THAT(ErrorOf(file + std::string("PK\x05\x06", 4) + std::string(18, 'x')),
              HasSubstr("found an archive over several disks"));
}

// A retagged file: the old archive, a new data.pkl, a new directory.
TEST(Zip, AppendedDirectoryReplacesTheOldOne) {
  const std::string old = TorchZip(Tensor(), Storage());
  const std::string pickle = PickleText().Tensor("0", "cpu", 2).Done();
  const std::string fresh = TorchZip(pickle, Storage());
  const std::size_t directory = fresh.find("PK\x01\x02");
  const std::size_t end = fresh.find("PK\x05\x06");
  std::string entries = fresh.substr(directory, end - directory);
  // The entries of the new directory move by as much as the new archive is appended at.
  for (std::size_t at = entries.find("PK\x01\x02"); at != std::string::npos;
       at = entries.find("PK\x01\x02", at + 1)) {
    std::uint64_t offset = 0;
    for (unsigned i = 4; i-- > 0;)
      offset = offset << 8 | static_cast<std::uint8_t>(entries[at + 42 + i]);
    entries.replace(at + 42, 4, Little(offset + old.size(), 4));
  }
  const std::string file = old + fresh.substr(0, directory) + entries + fresh.substr(end, 16) +
                           Little(old.size() + directory, 4) + fresh.substr(end + 20);
  EXPECT_EQ(DeviceIn(file), "cpu");
}

TEST(Zip, NamesAreFoundWithoutRegardToCase) {
  const std::string file =
      Zip({{"m/DATA.pkl", Tensor()}, {"m/Data/0", std::string(8, 'w')}, {"m/version", "3\n"}});
  EXPECT_EQ(DeviceIn(file), "cuda:0");
}

TEST(Zip, DuplicatesAreReadAsPyTorchReadsThem) {
  const nlohmann::json cases = nlohmann::json::parse(
      std::ifstream(std::string(PORTCULLIS_FIXTURES) + "/golden/zip_choices.json"));
  ASSERT_GE(cases.size(), 50U);
  for (const auto& one : cases) {
    std::vector<ZipPart> parts;
    for (const std::string name : one["names"]) parts.push_back({name, "x"});
    const auto source = HoldBytes(AsBytes(Zip(parts)), {"x.pt", "", 0});
    const ZipArchive archive(*source);
    const ZipEntry* taken = archive.Find("data.pkl");
    ASSERT_NE(taken, nullptr);
    EXPECT_EQ(taken - archive.entries().data(), one["taken"].get<std::ptrdiff_t>()) << one.dump();
  }
}

TEST(Zip, DuplicatesAreWarnedOf) {
  const std::string again = PickleText().Tensor("0", "cpu", 2).Done();
  std::vector<ZipPart> parts = Storage();
  parts.push_back({"m/data.pkl", again});
  const DeviceMap map = ReadDeviceMap(AsBytes(TorchZip(Tensor(), parts)), "x.pt");
  EXPECT_THAT(map.warnings,
              ElementsAre(Field(&Warning::text,
                                "m/data.pkl is in the archive more than once: the one that "
                                "PyTorch 2.11 takes is read, other programs may take another")));
}

TEST(Zip, DeflatedStoragesAreWarnedOf) {
  const DeviceMap map =
      ReadDeviceMap(AsBytes(TorchZip(Tensor(), {{"m/data/0", std::string(8, 'w'), true}})), "x.pt");
  ASSERT_EQ(map.warnings.size(), 1U);
  EXPECT_THAT(map.warnings[0].text, HasSubstr("mmap=True) reads wrong weights"));
  EXPECT_EQ(map.warnings[0].concern, Concern::kDeflated);
}

TEST(Zip, EntryOutsideTheFolderIsWarnedOf) {
  const DeviceMap map =
      ReadDeviceMap(AsBytes(TorchZip(PickleText().Raw("N").Done(), {{"x/y", ""}})), "x.pt");
  EXPECT_THAT(
      map.warnings,
      ElementsAre(Field(&Warning::text,
                        "x/y is outside the folder m/: torch.load refuses such an archive")));
}

TEST(ZipErrors, SayWhereAndWhatNext) {
  EXPECT_EQ(
      ErrorOf(TorchZip(Tensor())),
      "x.pt: at byte 480: found no such entry in the archive's directory, expected the entry "
      "m/data/0\n  next: the file is damaged or incomplete: save it again, or copy it again and "
      "compare checksums");
  EXPECT_THAT(ErrorOf(TorchZip(Tensor(), {{"m/data/0", "1234567"}})),
              HasSubstr("found m/data/0 of 7 bytes, expected 8 bytes of storage 0"));
}

TEST(ZipErrors, OfEntriesThatCannotBeRead) {
  ZipPart encrypted = {"m/data.pkl", Tensor()};
  encrypted.flags = 1;
  EXPECT_THAT(ErrorOf(Zip({encrypted})),
              HasSubstr("m/data.pkl: at byte 0: found an encrypted entry"));
  ZipPart strange = {"m/data.pkl", Tensor()};
  strange.method_override = 12;
  EXPECT_THAT(ErrorOf(Zip({strange})), HasSubstr("found compression method 12"));
  std::string file = TorchZip(Tensor(), Storage());
  file.replace(file.rfind("PK\x03\x04", file.find("m/data/0")), 0, "");
  const std::size_t first = 0;
  file.replace(first, 4, "PK\x03\x05");
  EXPECT_THAT(ErrorOf(file), HasSubstr("something unknown"));
}

TEST(ZipErrors, OfAnArchiveThatWasMoved) {
  const std::string file = TorchZip(Tensor(), Storage());
  EXPECT_THAT(ErrorOf(file.substr(0, 4) + std::string(96, 'x') + file),
              HasSubstr("found an archive moved by 100 bytes"));
}

TEST(ZipErrors, OfStoredEntriesOfTwoSizes) {
  ZipPart odd = {"m/data.pkl", Tensor()};
  odd.claimed_size = 1;
  EXPECT_THAT(ErrorOf(Zip({odd})), HasSubstr("found a stored entry of 1 bytes in"));
}

}  // namespace
}  // namespace portcullis::checkpoint
