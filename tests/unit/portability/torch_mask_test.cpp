// How PyTorch reads a mask, where that differs from the driver; torch_mask_against_torch.py holds
// many more masks against PyTorch itself.
#include "src/portability/torch_mask.h"

#include <gtest/gtest.h>

#include <array>

namespace portcullis::portability {
namespace {

constexpr TorchVersion kBeforeUuids{{1, 13, 1}};
const std::array<std::string, 3> kUuids{"GPU-aa01", "GPU-aa02", "GPU-bb03"};

struct Row {
  const char* mask;
  std::size_t count;
};

TEST(CountedByTorch, OfEachMask) {
  for (const Row& row : {Row{"", 0},
                         Row{"0", 1},
                         Row{"2,0", 2},
                         Row{"0,9,1", 1},
                         Row{"0,9,0", 0},
                         Row{"0,0", 0},
                         Row{"0,-1,0", 1},
                         Row{"0,,1", 1},
                         Row{"4294967296", 0},
                         Row{"+1,01", 0},
                         Row{" 1 ,2x", 2},
                         Row{"99999999999999999999", 0},
                         Row{"GPU-b", 1},
                         Row{"GPU-aa", 0},
                         Row{"GPU-aa01,GPU-b", 2},
                         Row{"GPU-b,GPU-bb", 0},
                         Row{"GPU-b, GPU-aa01", 1},
                         Row{"GPU-BB03", 0},
                         Row{"gpu-bb03", 0},
                         Row{"0,GPU-b", 1}}) {
    EXPECT_EQ(CountedByTorch(row.mask, kUuids, kDefaultTorch), row.count) << row.mask;
  }
}

TEST(CountedByTorch, LeavesNamesOfMigToTheDriver) {
  EXPECT_EQ(CountedByTorch("MIG-1", kUuids, kDefaultTorch), std::nullopt);
  EXPECT_EQ(CountedByTorch("MIG-1,MIG-1", kUuids, kDefaultTorch), 0);
}

TEST(CountedByTorch, BeforeUuidsWereKnown) {
  for (const Row& row : {Row{"", 0}, Row{"0", 1}, Row{"0,0", 1}, Row{"9,1", 1}, Row{"GPU-b", 0},
                         Row{"+1", 0}, Row{"MIG-1", 0}}) {
    EXPECT_EQ(CountedByTorch(row.mask, kUuids, kBeforeUuids), row.count) << row.mask;
  }
}

}  // namespace
}  // namespace portcullis::portability
