#include "src/simcuda/interface/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::simcuda {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Four devices; the UUIDs of the first two begin alike.
constexpr Uuid kUuids[] = {
    {0x8a, 0x3f, 0x00, 0x01}, {0x8a, 0x3f, 0x00, 0x02}, {0x1b, 0x00}, {0xff, 0xee}};

struct Row {
  const char* mask;
  std::vector<std::size_t> devices;
  bool repeats = false;
};

void PrintTo(const Row& row, std::ostream* out) { *out << (row.mask ? row.mask : "(not set)"); }

class Masks : public testing::TestWithParam<Row> {};

TEST_P(Masks, LeaveTheseDevices) {
  const Row& row = GetParam();
  const Masked masked =
      ReadMask(row.mask ? std::optional<std::string_view>(row.mask) : std::nullopt, kUuids);
  EXPECT_EQ(masked.devices, row.devices);
  EXPECT_EQ(masked.repeats, row.repeats);
}

const Row kOrdinals[] = {
    {nullptr, {0, 1, 2, 3}},
    {"", {}},
    {"0", {0}},
    {"1", {1}},
    {"0,1", {0, 1}},
    {"3,0,2", {3, 0, 2}},
    {"03", {3}},
    {"+2", {2}},
    {"-0", {0}},
    // The first that is invalid ends the list.
    {"-1", {}},
    {"4", {}},
    {"0,4,1", {0}},
    {"0,-1,1", {0}},
    {"-1,0", {}},
    {"0,,1", {0}},
    {",0", {}},
    {"0,", {0}},
    {"0,99999999999999999999999", {0}},
    {"18446744073709551616", {}},  // 2^64 is too large for a long
    {"4294967296", {0}},           // 2^32 is not, and is cut to an int
    {"4294967298,1", {2, 1}},
    {"-4294967295", {1}},
    {"2147483648", {}},
    // A repeat leaves nothing, wherever it is before that end.
    {"0,0", {}, true},
    {"0,1,0", {}, true},
    {"1,01", {}, true},
    {"0,9,9", {0}},
    {"0,9,0", {0}},
    {"0,-1,0", {0}},
    // Text.
    {"junk", {}},
    {"NoDevFiles", {}},
    {"1gpu2,2ampere", {1, 2}},
    {"0x1", {0}},
    {"1 2", {1}},
    {"1;2", {1}},
    {" 0 , 1 ", {0, 1}},
    {"\t2\n", {2}},
    {"0,junk,1", {0}},
    {"+", {}},
    {"-", {}},
    {"--1", {}},
    {"all", {}},
};

const Row kUuidsAndPartitions[] = {
    {"GPU-8a3f0001-0000-0000-0000-000000000000", {0}},
    {"GPU-8a3f0002", {1}},
    {"GPU-1", {2}},
    {"GPU-f,GPU-1", {3, 2}},
    // Not unique, unknown, not a UUID: the list ends.
    {"GPU-8a3f", {}},
    {"GPU-", {}},
    {"GPU-77", {}},
    {"GPU-1,GPU-77,GPU-f", {2}},
    {"GPU-1,0", {2}},
    {"0,GPU-1", {0}},
    {"GPU-1, GPU-f", {2}},
    {" GPU-1", {}},
    {"gpu-1b", {}},
    {"GPU-8A3F0002", {1}},
    {"GPU-1b ", {}},
    {"GPU-1bjunk", {}},
    {"GPU-ffee0000-0000-0000-0000-000000000000junk,GPU-1", {3, 2}},
    {"ff", {}},
    // The same device twice, in the same words or others.
    {"GPU-1,GPU-1", {}, true},
    {"GPU-1,GPU-1b", {}, true},
    {"GPU-1,GPU-77,GPU-1", {2}},
    // No simulated GPU is partitioned.
    {"MIG-8a3f0001-0000-0000-0000-000000000000", {}},
    {"MIG-GPU-8a3f0001/1/0", {}},
    {"MIG-1,0", {}},
    {"0,MIG-1", {0}},
};

INSTANTIATE_TEST_SUITE_P(Ordinals, Masks, testing::ValuesIn(kOrdinals));
INSTANTIATE_TEST_SUITE_P(Uuids, Masks, testing::ValuesIn(kUuidsAndPartitions));

TEST(Mask, OfAHostWithoutDevices) {
  EXPECT_THAT(VisibleDevices(std::nullopt, {}), IsEmpty());
  EXPECT_THAT(VisibleDevices("0", {}), IsEmpty());
  EXPECT_THAT(VisibleDevices("GPU-", {}), IsEmpty());
}

TEST(Mask, AnEmptyUuidNamesNotEvenAnOnlyDevice) {
  EXPECT_THAT(VisibleDevices("GPU-", std::span(kUuids, 1)), IsEmpty());
  EXPECT_THAT(VisibleDevices("GPU-8", std::span(kUuids, 1)), ElementsAre(0));
}

TEST(Mask, UuidTextIsAsNvidiaSmiPrintsIt) {
  EXPECT_EQ(UuidText({0x8a, 0x3f, 0x00, 0x01, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90,
                      0xa0, 0xb0, 0xcf}),
            "GPU-8a3f0001-1020-3040-5060-708090a0b0cf");
}

}  // namespace
}  // namespace portcullis::simcuda
