// Choosing cases: patterns, whole ids, hosts with and without their mask.
#include "harness/suite/filter.h"

#include <gmock/gmock.h>

namespace portcullis::suite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Contains, PiecesInOrder) {
  EXPECT_TRUE(Contains("c4/a/2xh200/cpp/mmap", ""));
  EXPECT_TRUE(Contains("c4/a/2xh200/cpp/mmap", "2xh200"));
  EXPECT_TRUE(Contains("c4/a/2xh200/cpp/mmap", "c4/*/cpp/"));
  EXPECT_TRUE(Contains("c4/a/2xh200/cpp/mmap", "*mmap*"));
  EXPECT_FALSE(Contains("c4/a/2xh200/cpp/mmap", "cpp/*c4"));
  EXPECT_FALSE(Contains("c4/a", "a*a"));
  EXPECT_FALSE(Contains("c4/a", "C4"));
}

scenario::Case CaseOf(const std::string& host, const std::string& runtime,
                      const std::string& strategy) {
  scenario::Case c;
  c.scenario = "s";
  c.checkpoint = "a";
  std::tie(c.host, c.mask) = scenario::ParseHostAndMask(host);
  c.runtime = runtime;
  c.strategy = portability::ParseStrategy(strategy);
  c.id = scenario::CaseId(c);
  return c;
}

const std::vector<scenario::Case> kCases{CaseOf("2xh200", "python", "map-location=cuda"),
                                         CaseOf("2xh200", "python", "map-location=cuda:1"),
                                         CaseOf("2xh200@1", "cpp", "as-saved"),
                                         CaseOf("1xt4", "cpp", "mmap")};

std::vector<std::string> Ids(const Choice& choice) {
  std::vector<std::string> ids;
  for (const auto& c : Filter(kCases, choice)) ids.push_back(c.id);
  return ids;
}

TEST(Filter, NothingChosenKeepsAll) { EXPECT_THAT(Ids({}), SizeIs(4)); }

TEST(Filter, HostsWithAnyMaskOrWithOne) {
  EXPECT_THAT(Ids({{"2xh200"}, {}, {}, {}}), SizeIs(3));
  EXPECT_THAT(Ids({{"2xh200@1"}, {}, {}, {}}), ElementsAre("s/a/2xh200@1/cpp/as-saved"));
}

TEST(Filter, StrategiesByNameOrWithTheirArgument) {
  EXPECT_THAT(Ids({{}, {}, {"map-location"}, {}}), SizeIs(2));
  EXPECT_THAT(Ids({{}, {}, {"map-location=cuda:1"}, {}}), SizeIs(1));
}

TEST(Filter, EveryListMustHoldOneFits) {
  EXPECT_THAT(Ids({{"2xh200", "1xt4"}, {"cpp"}, {}, {}}), SizeIs(2));
  EXPECT_THAT(Ids({{"1xt4"}, {"python"}, {}, {}}), IsEmpty());
}

TEST(Filter, AWholeIdIsThatCaseOnly) {
  const std::string id = "s/a/2xh200/python/map-location=cuda";
  EXPECT_THAT(Ids({{}, {}, {}, {id}}), ElementsAre(id));
  EXPECT_THAT(Ids({{}, {}, {}, {"python/map-location=cuda"}}), SizeIs(2));
  EXPECT_THAT(Ids({{}, {}, {}, {id, "mmap"}}), ElementsAre(id, "s/a/1xt4/cpp/mmap"));
}

}  // namespace
}  // namespace portcullis::suite
