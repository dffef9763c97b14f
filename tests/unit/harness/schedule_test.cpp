// The order of running: cores busy, loaders few, the same for the same seed.
#include "harness/suite/schedule.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace portcullis::suite {
namespace {

using testing::ElementsAre;
using testing::Not;
using testing::SizeIs;

const std::vector<Kind> kThreeKinds(3);

// Cases of kind 0, then of kind 1, …: as many as `counts` says.
std::vector<std::uint32_t> Cases(const std::vector<std::size_t>& counts) {
  std::vector<std::uint32_t> kind_of;
  for (std::uint32_t kind = 0; kind < counts.size(); ++kind) {
    kind_of.insert(kind_of.end(), counts[kind], kind);
  }
  return kind_of;
}

// Lanes run cases that take `seconds` of their kind, and `start` more after changing to a kind
// that another lane has been at, or none.
class Play {
 public:
  Play(Schedule& schedule, std::vector<std::uint32_t> kind_of, std::size_t lanes)
      : schedule_(schedule), kind_of_(std::move(kind_of)), clock_(lanes), kinds_(lanes, -1) {}

  void Run(const std::vector<double>& seconds, double start) {
    std::set<std::size_t> at_work;
    for (std::size_t lane = 0; lane < clock_.size(); ++lane) at_work.insert(lane);
    while (!at_work.empty()) {
      const std::size_t lane =
          *std::min_element(at_work.begin(), at_work.end(),
                            [&](std::size_t a, std::size_t b) { return clock_[a] < clock_[b]; });
      const auto next = schedule_.Next(lane);
      if (!next) {
        at_work.erase(lane);
        continue;
      }
      const std::uint32_t kind = kind_of_[*next];
      order.push_back(*next);
      if (kinds_[lane] != static_cast<int>(kind)) {
        kinds_[lane] = static_cast<int>(kind);
        ++loaders[kind];
        clock_[lane] += start;
      }
      clock_[lane] += seconds[kind];
      schedule_.Took(kind, seconds[kind]);
    }
  }

  double End() const { return *std::max_element(clock_.begin(), clock_.end()); }

  std::vector<std::size_t> order;
  std::map<std::uint32_t, int> loaders;  // started, by kind

 private:
  Schedule& schedule_;
  std::vector<std::uint32_t> kind_of_;
  std::vector<double> clock_;
  std::vector<int> kinds_;
};

TEST(Schedule, EveryCaseOnce) {
  for (const std::size_t lanes : {1U, 2U, 3U, 16U}) {
    const auto kind_of = Cases({40, 200, 3});
    Schedule schedule(kThreeKinds, kind_of, lanes, std::nullopt);
    Play play(schedule, kind_of, lanes);
    play.Run({0.025, 0.006, 0.006}, 1);
    const std::set<std::size_t> once(play.order.begin(), play.order.end());
    EXPECT_THAT(play.order, SizeIs(243));
    EXPECT_THAT(once, SizeIs(243));
  }
}

TEST(Schedule, OneLaneTakesOneKindAfterTheOther) {
  const std::vector<std::uint32_t> kind_of = {0, 1, 0, 1, 1, 0, 1};
  Schedule schedule({{}, {}}, kind_of, 1, std::nullopt);
  Play play(schedule, kind_of, 1);
  play.Run({1, 1}, 1);
  EXPECT_THAT(play.order, ElementsAre(1, 3, 4, 6, 0, 2, 5)) << "the larger kind first";
}

TEST(Schedule, FewCasesShareOneLoader) {
  const auto kind_of = Cases({kCasesWorthALoader});
  Schedule schedule({{}}, kind_of, 4, std::nullopt);
  Play play(schedule, kind_of, 4);
  play.Run({0.006}, 0.35);
  EXPECT_EQ(play.loaders[0], 1);
}

TEST(Schedule, ManyOrSlowCasesAreWorthMoreLoaders) {
  for (const auto& [count, seconds] : {std::pair{1000U, 0.006}, std::pair{8U, 5.0}}) {
    const auto kind_of = Cases({count});
    Schedule schedule({{}}, kind_of, 2, std::nullopt);
    schedule.Took(0, seconds);
    Play play(schedule, kind_of, 2);
    play.Run({seconds}, 0.35);
    EXPECT_EQ(play.loaders[0], 2) << count;
  }
}

TEST(Schedule, FreshProcessesUseEveryLane) {
  const auto kind_of = Cases({8});
  Schedule schedule({{.warm = false, .resource = "", .waits = false}}, kind_of, 4, std::nullopt);
  Play play(schedule, kind_of, 4);
  play.Run({0.5}, 0);
  EXPECT_DOUBLE_EQ(play.End(), 1);
}

// The default suite's shape, on two cores: within a tenth of what no order could beat.
TEST(Schedule, KeepsCoresBusy) {
  const std::vector<std::size_t> counts = {250, 110, 40};
  const std::vector<double> seconds = {0.025, 0.006, 0.006};
  const auto kind_of = Cases(counts);
  Schedule schedule(kThreeKinds, kind_of, 2, std::nullopt);
  Play play(schedule, kind_of, 2);
  play.Run(seconds, 0.5);
  double work = 0;
  int loaders = 0;
  for (std::uint32_t kind = 0; kind < 3; ++kind) {
    work += static_cast<double>(counts[kind]) * seconds[kind] + 0.5 * play.loaders[kind];
    loaders += play.loaders[kind];
  }
  EXPECT_LE(loaders, 5);
  EXPECT_LT(play.End(), 1.1 * work / 2);
}

TEST(Schedule, OneLaneAtATimeHasAResource) {
  const auto kind_of = Cases({100, 100, 10});
  Schedule schedule({{true, "gpus", false}, {true, "gpus", false}, {}}, kind_of, 3, std::nullopt);
  EXPECT_EQ(schedule.Next(0), 0U);
  EXPECT_EQ(schedule.Next(1), 200U) << "the other kind without that resource";
  EXPECT_EQ(schedule.Next(2), std::nullopt);
  for (int i = 1; i < 100; ++i) EXPECT_LT(schedule.Next(0).value_or(1000), 100U);
  EXPECT_EQ(schedule.Next(0), 100U) << "the next kind with it";
  EXPECT_EQ(schedule.Next(2), std::nullopt);
}

TEST(Schedule, WhatWaitsHasALaneOfItsOwn) {
  const auto kind_of = Cases({3, 2});
  Schedule schedule({{}, {.warm = true, .resource = "", .waits = true}}, kind_of, 2, std::nullopt);
  ASSERT_EQ(schedule.lanes(), 3U);
  EXPECT_EQ(schedule.Next(2), 3U) << "at once, beside the others";
  EXPECT_EQ(schedule.Next(0), 0U);
  EXPECT_EQ(schedule.Next(0), 1U);
  EXPECT_EQ(schedule.Next(0), 2U);
  EXPECT_EQ(schedule.Next(0), std::nullopt) << "the others leave it alone";
  EXPECT_EQ(schedule.Next(1), std::nullopt);
  EXPECT_EQ(schedule.Next(2), 4U);
  EXPECT_EQ(schedule.Next(2), std::nullopt);
}

TEST(Schedule, WithoutWaitingCasesNoLaneMore) {
  EXPECT_EQ(Schedule(kThreeKinds, Cases({3, 2, 1}), 2, std::nullopt).lanes(), 2U);
}

std::vector<std::size_t> OrderWith(std::optional<std::uint64_t> seed) {
  const auto kind_of = Cases({100});
  Schedule schedule({{}}, kind_of, 1, seed);
  Play play(schedule, kind_of, 1);
  play.Run({1}, 0);
  return play.order;
}

TEST(Schedule, ASeedShufflesTheSameWayAgain) {
  const auto listed = OrderWith(std::nullopt);
  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
  EXPECT_EQ(OrderWith(7), OrderWith(7));
  EXPECT_NE(OrderWith(7), listed);
  EXPECT_NE(OrderWith(7), OrderWith(8));
  EXPECT_THAT(OrderWith(0), Not(testing::ElementsAreArray(listed))) << "0 is a seed too";
}

TEST(Schedule, ClosedItGivesOutNothing) {
  Schedule schedule({{}}, Cases({10}), 2, std::nullopt);
  EXPECT_EQ(schedule.Next(0), 0U);
  EXPECT_FALSE(schedule.IsEmpty(0));
  schedule.Close();
  EXPECT_EQ(schedule.Next(0), std::nullopt);
  EXPECT_EQ(schedule.Next(1), std::nullopt);
  EXPECT_TRUE(schedule.IsEmpty(0));
}

}  // namespace
}  // namespace portcullis::suite
