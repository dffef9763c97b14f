// Warm loaders that misbehave themselves, die, and are replaced.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "tests/integration/runner/runner_fixture.h"

namespace portcullis::runner {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ResultOf;
using ::testing::SizeIs;

// A command whose warm loader itself misbehaves; afresh it is good.
Command Served(const std::string& behaviour) {
  Command command;
  command.argv = {BAD_LOADER, "good"};
  command.warm = Warm{{BAD_LOADER, behaviour}, {}, 60s, 60s};
  return command;
}

std::string LostBy(const std::string& behaviour, std::chrono::milliseconds start_deadline = 60s,
                   std::chrono::milliseconds fork_deadline = 60s) {
  Command command = Served(behaviour);
  command.warm->start_deadline = start_deadline;
  command.warm->fork_deadline = fork_deadline;
  const Ended ended = RunOne(std::move(command));
  EXPECT_FALSE(ended.stopped);
  EXPECT_FALSE(ended.timed_out);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << behaviour << " left a child";
  return ended.lost;
}

TEST(Warm, ALoaderOfNoUseSaysWhy) {
  EXPECT_THAT(LostBy("serve-exits"),
              AllOf(HasSubstr("serve-exits) was of no use: it exited with 3: no runtime here")));
  EXPECT_THAT(LostBy("serve-hangs", 300ms), HasSubstr("it was not ready within 0.3 s"));
  EXPECT_THAT(LostBy("serve-nonsense"), HasSubstr("it said 'steady', expected 'ready'"));
  EXPECT_THAT(LostBy("serve-dies-when-asked"), HasSubstr("it exited with 1"));
  EXPECT_THAT(LostBy("serve-never-forks", 60s, 300ms), HasSubstr("it did not fork within 0.3 s"));
  EXPECT_THAT(LostBy("serve-forks-nonsense"), HasSubstr("it said 'forked -1'"));
  Command nowhere = Served("");
  nowhere.warm->argv = {"/no/such/loader"};
  EXPECT_THAT(RunOne(nowhere).lost, HasSubstr("No such file or directory"));
}

TEST(Warm, ALoaderThatFailsInTheMiddleTakesItsChildAlong) {
  for (const auto& [behaviour, says] :
       {std::pair{"serve-dies-in-the-middle", "the warm loader ended in the middle of the case"},
        std::pair{"serve-ends-with-nonsense", "the warm loader said 'exited nowhere'"}}) {
    const Ended ended = RunOne(Served(behaviour));
    EXPECT_THAT(ended.lost, HasSubstr(says));
    const std::vector<pid_t> numbers = NumbersIn(ended.output);
    EXPECT_THAT(numbers, SizeIs(1)) << behaviour;
    EXPECT_THAT(numbers, Each(ResultOf(Exists, false))) << behaviour;
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << behaviour << " left a child";
  }
}

TEST(Warm, AKindThatKeepsFailingIsGivenUp) {
  Runner runner(1);
  int lost = 0;
  int good = 0;
  for (int i = 0; i < 6; ++i) {
    runner.Submit(Served("serve-exits"),
                  [&](const Ended& ended) { (ended.lost.empty() ? good : lost) += 1; });
  }
  runner.Run();
  EXPECT_EQ(lost, 3);
  EXPECT_EQ(good, 3);
}

// Runs commands one after the other; what the nth said.
std::vector<Ended> InTurn(std::vector<Command> commands,
                          const std::function<void(const Ended&)>& between) {
  Runner runner(1);
  std::vector<Ended> all;
  for (Command& command : commands) {
    runner.Submit(std::move(command), [&](Ended ended) {
      all.push_back(std::move(ended));
      between(all.back());
    });
  }
  runner.Run();
  return all;
}

TEST(Warm, OneLoaderServesManyCases) {
  std::set<std::string> parents;
  const auto all = InTurn(std::vector<Command>(20, Bad("say-parent")), [](const Ended&) {});
  for (const Ended& ended : all) {
    EXPECT_EQ(ended.exit_code, 0) << ended.lost;
    parents.insert(ended.output.substr(0, ended.output.find('\n')));
  }
  EXPECT_EQ(all.size(), 20U);
  EXPECT_THAT(parents, SizeIs(1));
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(Warm, IdleLoadersEndWhenNobodyWillNeedThem) {
  std::set<std::string> parents;
  Runner runner(1);
  for (int i = 0; i < 3; ++i) {
    runner.Submit(Bad("say-parent"), [&](const Ended& ended) {
      parents.insert(FirstLine(ended.output));
      runner.EndIdle(*Bad("say-parent").warm);
      runner.EndIdle(*Bad("good").warm);  // there is none
    });
  }
  runner.Run();
  EXPECT_THAT(parents, SizeIs(3)) << "one for each command, because each was the last";
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a loader is left";
}

TEST(Warm, NoMoreLoadersThanJobs) {
  Runner runner(3);
  std::set<std::string> parents;
  for (int i = 0; i < 60; ++i) {
    runner.Submit(Bad("say-parent"), [&](const Ended& ended) {
      EXPECT_EQ(ended.exit_code, 0) << ended.lost;
      parents.insert(ended.output.substr(0, ended.output.find('\n')));
    });
  }
  runner.Run();
  EXPECT_LE(parents.size(), 3U);
}

TEST(Warm, ALoaderThatDiesWhenIdleIsReplaced) {
  const auto all = InTurn(std::vector<Command>(5, Bad("say-parent")), [](const Ended& ended) {
    const std::vector<pid_t> numbers = NumbersIn(ended.output.substr(0, ended.output.find('\n')));
    ASSERT_THAT(numbers, SizeIs(1));
    kill(numbers.front(), SIGKILL);
    siginfo_t dead;  // which the runner has yet to find out
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(numbers.front()), &dead, WEXITED | WNOWAIT), 0);
  });
  EXPECT_EQ(all.size(), 5U);
  for (const Ended& ended : all) EXPECT_THAT(ended.lost, IsEmpty());
}

TEST(Warm, ALoaderThatDiesInTheMiddleIsReplaced) {
  std::vector<Command> commands = {Bad("say-parent"), Bad("kill-parent"), Bad("say-parent")};
  for (Command& command : commands) command.warm->argv = {BAD_LOADER, "--serve", "kill-parent"};
  commands.front().warm->argv.back() = commands.back().warm->argv.back() = "say-parent";
  const auto all = InTurn(commands, [](const Ended&) {});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[0].lost, IsEmpty());
  EXPECT_EQ(all[1].lost, "the warm loader ended in the middle of the case");
  EXPECT_EQ(all[2].exit_code, 0) << all[2].lost;
}

// What one case does to itself, the next does not see.
TEST(Warm, CasesStartFromTheSame) {
  const auto describe = [](const std::string& folder, const std::string& variable) {
    Command command = Bad("describe");
    command.folder = folder;
    command.environment = {{variable, "1"}};
    return command;
  };
  const auto all = InTurn({describe("/usr", "A"), describe("/", "B"), describe("/usr", "A")},
                          [](const Ended&) {});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].output, all[2].output);
  EXPECT_THAT(all[1].output, AllOf(HasSubstr("folder /\n"), HasSubstr("variable B=1\n"),
                                   Not(HasSubstr("variable A=1"))));
}

TEST(Warm, AMemoryBalloonStaysInTheChild) {
  const auto all = InTurn(std::vector<Command>(3, Bad("balloon")), [](const Ended&) {});
  for (const Ended& ended : all) {
    EXPECT_EQ(ended.exit_code, 0) << ended.lost;
    EXPECT_LT(std::stoi(ended.output), 100) << "MiB in the loader";
  }
}

TEST(Warm, StopDoesNotWaitForALoaderThatStarts) {
  Runner runner(2);
  Command starting = Served("serve-hangs");
  bool stopped = false;
  runner.Submit(starting, [&](const Ended& ended) { stopped = ended.stopped; });
  runner.Submit(Bad("good"), [&](const Ended&) { runner.Stop(); });
  EXPECT_LT(Seconds([&] { runner.Run(); }), 30);
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace portcullis::runner
