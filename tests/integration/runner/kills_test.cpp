// Whatever is killed at whatever point, nothing is left, and every command is told of once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <thread>

#include "tests/integration/runner/runner_fixture.h"

namespace portcullis::runner {
namespace {

constexpr unsigned kSeed = 20260101;

// How often each test kills; PORTCULLIS_KILLS=5000 is for a night.
int Rounds() {
  const char* rounds = std::getenv("PORTCULLIS_KILLS");
  return rounds == nullptr ? 500 : std::atoi(rounds);
}

// A harness that runs for ever, in a process of its own.
[[noreturn]] void RunForEver() {
  Runner runner(3);
  std::function<void(const Ended&)> again = [&](const Ended&) {
    runner.Submit(Bad("sleep-a-little"), again);
  };
  runner.Submit(Bad("hang"), again);
  for (int i = 0; i < 2; ++i) again({});
  runner.Run();
  _exit(0);
}

// Everything that a killed harness leaves becomes this process's child.
class Heir {
 public:
  Heir() { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
  ~Heir() { prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }
  Heir(const Heir&) = delete;
  Heir& operator=(const Heir&) = delete;

  // True if all that was inherited ends within a minute, without anybody's doing.
  static bool AllEnd() {
    for (int i = 0; i < 60'000; ++i) {
      while (waitpid(-1, nullptr, WNOHANG) > 0) {
      }
      if (waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
};

TEST(Kills, NothingOutlivesAHarnessThatIsKilledAtARandomPoint) {
  const Heir heir;
  std::mt19937 random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    const pid_t harness = fork();
    if (harness == 0) RunForEver();
    usleep(std::uniform_int_distribution<useconds_t>(0, 60'000)(random));
    ASSERT_EQ(kill(harness, SIGKILL), 0);
    ASSERT_EQ(waitpid(harness, nullptr, 0), harness);
    ASSERT_TRUE(Heir::AllEnd()) << "round " << round;
  }
}

std::vector<pid_t> ChildrenOf(pid_t process) {
  std::ifstream list("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) +
                     "/children");
  return {std::istream_iterator<pid_t>(list), {}};
}

// Kills loaders of this process, and children of those, until that has been done Rounds() times.
void KillAtRandom(std::atomic<int>& kills) {
  std::mt19937 random(kSeed);
  const pid_t harness = getpid();
  while (kills < Rounds()) {
    std::vector<pid_t> prey = ChildrenOf(harness);
    for (const pid_t loader : ChildrenOf(harness)) {
      for (const pid_t child : ChildrenOf(loader)) prey.push_back(child);
    }
    if (!prey.empty() && kill(prey[random() % prey.size()], SIGKILL) == 0) ++kills;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
  }
}

TEST(Kills, OfLoadersAndChildrenAreToldOnceEach) {
  std::atomic<int> kills = 0;
  std::vector<int> told;  // how often, of each command
  int good = 0;
  int bad = 0;
  Runner runner(3);
  const std::function<void()> submit_another = [&] {
    const std::size_t command_number = told.size();
    told.push_back(0);
    Command command = Bad("sleep-a-little");
    // Many kinds, so that none is given up for failing too often.
    command.warm->environment = {{"KIND", std::to_string(command_number % 100)}};
    runner.Submit(std::move(command), [&, command_number](const Ended& ended) {
      ++told[command_number];
      const bool killed = !ended.lost.empty() || ended.signal == SIGKILL;
      EXPECT_TRUE(killed || ended.exit_code == 0) << ended.start_error;
      ++(killed ? bad : good);
      if (kills < Rounds()) submit_another();
    });
  };
  for (int i = 0; i < 6; ++i) submit_another();  // twice as many as run at once
  std::thread killer([&] { KillAtRandom(kills); });
  runner.Run();
  killer.join();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  std::cout << kills << " kills, " << told.size() << " commands\n";
  EXPECT_THAT(told, ::testing::Each(1));
  EXPECT_GT(good, 0);
  EXPECT_GT(bad, 0);
}

}  // namespace
}  // namespace portcullis::runner
