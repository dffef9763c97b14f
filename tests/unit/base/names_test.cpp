// The name that somebody meant.
#include "src/base/names.h"

#include <gmock/gmock.h>

#include <array>

namespace portcullis {
namespace {

const std::array<std::string, 3> kHosts{"1xh200", "2xh200", "no-driver"};

TEST(Names, DistanceCountsEditsAndNeighbourSwaps) {
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("2xh200", "2xh20"), 1U);
  EXPECT_EQ(EditDistance("cpu", "cup"), 1U);
}

TEST(Names, NearestIsTheClosestOne) { EXPECT_EQ(NearestName("2xh20", kHosts), "2xh200"); }

TEST(Names, NothingNearGivesNothing) { EXPECT_EQ(NearestName("zzzzzzzz", kHosts), ""); }

TEST(Names, MessageNamesTheNearestAndAllKnown) {
  EXPECT_EQ(UnknownName("host", "no-drivr", kHosts),
            "unknown host 'no-drivr'; did you mean 'no-driver'?\n"
            "  known: 1xh200, 2xh200, no-driver");
}

}  // namespace
}  // namespace portcullis
