// Every golden checkpoint cut off at every byte, and with every byte changed: a device map or a
// CheckpointError, never anything else. Worth most under the sanitizers (PORTCULLIS_SANITIZE).
#include <gtest/gtest.h>

#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/golden.h"

namespace portcullis::checkpoint {
namespace {

class DamagedTest : public testing::TestWithParam<std::filesystem::path> {};

// The vector is as long as the bytes, so that a sanitizer sees one byte too many.
std::string Read(const std::vector<std::uint8_t>& bytes) {
  try {
    ReadDeviceMap(bytes, "damaged.pt");
    return "";
  } catch (const CheckpointError& error) {
    return error.what();
  }
}

TEST_P(DamagedTest, CutOffAnywhereIsRefusedOrRead) {
  const std::vector<std::uint8_t> whole = ReadBytes(GetParam());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> part(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string error = Read(part);
    if (error.empty()) continue;
    EXPECT_EQ(error.find("damaged.pt: "), 0U) << error;
    EXPECT_NE(error.find("\n  next: "), std::string::npos) << error;
  }
}

TEST_P(DamagedTest, ChangedAnywhereIsRefusedOrRead) {
  const std::vector<std::uint8_t> whole = ReadBytes(GetParam());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      std::vector<std::uint8_t> changed = whole;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      Read(changed);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, DamagedTest, testing::ValuesIn(GoldenCheckpoints()),
                         [](const auto& golden) { return TestName(golden.param); });

}  // namespace
}  // namespace portcullis::checkpoint
