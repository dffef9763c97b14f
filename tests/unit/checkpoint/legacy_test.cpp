// What is wrong with legacy checkpoints, each in one way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;

struct Parts {
  std::string magic{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15};
  std::string protocol = PickleText().Raw("M\xe9\x03").Done();
  std::string info = PickleText().Raw("}").Text("little_endian").Raw("\x88s").Done();
  std::string object = PickleText()
                           .Global("torch._utils", "_rebuild_tensor_v2")
                           .Raw("((")
                           .Text("storage")
                           .Global("torch.cuda", "FloatStorage")
                           .Text("77")
                           .Text("cuda:0")
                           .Raw(std::string_view("K\x02NtQK\0K\x02\x85K\x01\x85\x89NtR", 17))
                           .Done();
  std::string keys = PickleText().Raw("]").Text("77").Raw("a").Done();
  std::string storages = Little(2, 8) + std::string(8, 'w');

  std::string Whole() const { return magic + protocol + info + object + keys + storages; }
};

TEST(Legacy, IsRead) {
  const DeviceMap map = ReadDeviceMap(AsBytes(Parts().Whole()), "x.pt");
  EXPECT_EQ(map.format, Format::kLegacy);
  ASSERT_EQ(map.storages.size(), 1U);
  EXPECT_EQ(map.storages[0].key, "77");
  EXPECT_EQ(map.storages[0].bytes, 8U);
  ASSERT_EQ(map.tensors.size(), 1U);
  EXPECT_EQ(map.tensors[0].name, ".");
  EXPECT_EQ(map.tensors[0].device, "cuda:0");
  ASSERT_EQ(map.tags.size(), 1U);
  EXPECT_EQ(Parts().Whole().substr(map.tags[0].offset, 6), "cuda:0");
}

// Its first pickle is refused before anything is restored.
TEST(Legacy, WithAMagicNumberAsText) {
  Parts parts;
  parts.magic = "L119547037146038801333356L\n.";
  const DeviceMap map = ReadDeviceMap(AsBytes(parts.Whole()), "x.pt");
  ASSERT_FALSE(map.opcodes.empty());
  EXPECT_EQ(map.opcodes[0].code, 'L');
  EXPECT_EQ(map.opcodes[0].first, (PicklePoint{0, 0}));
}

// As torch.save(pickle_protocol=0, _use_new_zipfile_serialization=False) writes it: no storage is
// named in a way that can be read, but nothing is damaged.
TEST(Legacy, WithIdsAsText) {
  Parts parts;
  parts.object = "P('storage', <class 'torch.FloatStorage'>, '77', 'cuda:0', 2, None)\n.";
  const DeviceMap map = ReadDeviceMap(AsBytes(parts.Whole()), "x.pt");
  EXPECT_TRUE(map.storages.empty());
  EXPECT_NE(FindOpcode(map, kOpcodePersid), nullptr);
}

TEST(Legacy, OfAnotherProtocol) {
  Parts parts;
  parts.protocol = PickleText().Raw("M\xea\x03").Done();
  EXPECT_THAT(ErrorOf(parts.Whole()),
              HasSubstr("at byte 15: found another protocol version, expected 1001"));
}

TEST(Legacy, OfAnotherByteOrder) {
  Parts parts;
  parts.info = PickleText().Raw("}").Text("little_endian").Raw("\x89s").Done();
  const DeviceMap map = ReadDeviceMap(AsBytes(parts.Whole()), "x.pt");
  EXPECT_THAT(map.warnings,
              testing::ElementsAre(testing::Field(&Warning::text, HasSubstr("big-endian"))));
}

TEST(Legacy, WithAKeyOfNoStorage) {
  Parts parts;
  parts.keys = PickleText().Raw("]").Text("78").Raw("a").Done();
  EXPECT_THAT(ErrorOf(parts.Whole()),
              HasSubstr("found the key '78', expected a storage of the object"));
}

TEST(Legacy, WithAStorageOfAnotherSize) {
  Parts parts;
  parts.storages = Little(3, 8) + std::string(12, 'w');
  EXPECT_THAT(ErrorOf(parts.Whole()),
              HasSubstr("found a storage of 3 elements, expected 2 elements of storage 77"));
}

TEST(Legacy, CutOffWithinItsWeights) {
  const std::string whole = Parts().Whole();
  EXPECT_THAT(ErrorOf(whole.substr(0, whole.size() - 1)),
              HasSubstr("found 7 bytes left, expected 8 bytes of data"));
}

}  // namespace
}  // namespace portcullis::checkpoint
