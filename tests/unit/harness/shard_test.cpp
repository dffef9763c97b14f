// Shards: every case in one of them, and lists that differ have other digests.
#include "harness/suite/shard.h"

#include <gmock/gmock.h>

#include "src/base/error.h"

namespace portcullis::suite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

scenario::Case Named(const std::string& name) {
  scenario::Case c;
  c.checkpoint = name;
  c.strategy = portability::ParseStrategy("as-saved");
  c.id = scenario::CaseId(c);
  return c;
}

std::vector<scenario::Case> Numbered(int count) {
  std::vector<scenario::Case> cases(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    cases[static_cast<std::size_t>(i)] = Named(std::to_string(i));
  }
  return cases;
}

std::vector<std::string> Names(const scenario::CaseList& cases) {
  std::vector<std::string> names;
  for (const auto& c : cases) names.push_back(c.checkpoint);
  return names;
}

TEST(Shard, Read) {
  const Shard shard = ParseShard("2/4");
  EXPECT_EQ(shard.number, 2U);
  EXPECT_EQ(shard.of, 4U);
  for (const char* wrong : {"", "2", "0/4", "5/4", "2/0", "-1/4", "2/4/8", "a/b", "1/100001"}) {
    try {
      ParseShard(wrong);
      ADD_FAILURE() << wrong;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string("shard '") + wrong + "': expected I/N"));
    }
  }
}

TEST(Shard, EveryCaseInOne) {
  EXPECT_THAT(Names(CasesOf({1, 3}, Numbered(7))), ElementsAre("0", "3", "6"));
  EXPECT_THAT(Names(CasesOf({2, 3}, Numbered(7))), ElementsAre("1", "4"));
  EXPECT_THAT(Names(CasesOf({3, 3}, Numbered(7))), ElementsAre("2", "5"));
  EXPECT_THAT(Names(CasesOf({1, 1}, Numbered(3))), ElementsAre("0", "1", "2"));
  EXPECT_THAT(Names(CasesOf({3, 3}, Numbered(2))), IsEmpty());
}

TEST(Digest, DependsOnIdsTheirOrderAndWhatIsExpected) {
  auto cases = Numbered(2);
  const std::string before = DigestOf(cases);
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(DigestOf(cases), before);
  EXPECT_NE(DigestOf(Numbered(3)), before);
  std::swap(cases[0], cases[1]);
  EXPECT_NE(DigestOf(cases), before);
  std::swap(cases[0], cases[1]);
  cases[0].why = "what people read does not count";
  EXPECT_EQ(DigestOf(cases), before);
  cases[1].expectation.emplace().raises = "no-driver";
  const std::string raises = DigestOf(cases);
  EXPECT_NE(raises, before);
  cases[1].expectation->moved.host_to_device = scenario::ParseAmount("0");
  EXPECT_NE(DigestOf(cases), raises);
}

TEST(Digest, TextsDoNotRunIntoEachOther) {
  auto one = Numbered(2);
  auto other = one;
  one[0] = Named("ab");
  one[1] = Named("c");
  other[0] = Named("a");
  other[1] = Named("bc");
  EXPECT_NE(DigestOf(one), DigestOf(other));
}

}  // namespace
}  // namespace portcullis::suite
