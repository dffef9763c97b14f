// What a child leaves behind is ended, and nobody waits for it.
#include "harness/runner/strays.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "harness/runner/answer.h"
#include "tests/integration/runner/runner_fixture.h"

namespace portcullis::runner {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::ResultOf;
using ::testing::SizeIs;

// A child said the numbers of what it left; they must be gone.
void ExpectNothingIsLeft(const Ended& ended, std::size_t left) {
  const std::vector<pid_t> numbers = NumbersIn(ended.output);
  EXPECT_THAT(numbers, SizeIs(left));
  EXPECT_THAT(numbers, Each(ResultOf(Exists, false)));
  EXPECT_THAT(ReadAnswer(ended.answer, ended.answer_too_long, "miniature").protocol_error,
              IsEmpty());
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie";
}

// Seconds that a command took beyond its child's life, with what may be known of its end.
double SecondsAfter(const Command& command, const std::function<void(const Ended&)>& look) {
  Ended ended;
  const double seconds = Seconds([&] { ended = RunOne(command); });
  look(ended);
  return seconds - ended.seconds.count();
}

// Gone, and about as soon as if there had been nothing to end.
void ExpectNothingIsLeft(const Command& command, std::size_t left) {
  const auto once = [&] {
    return SecondsAfter(command, [&](const Ended& ended) { ExpectNothingIsLeft(ended, left); }) -
           SecondsAfter(Bad("good"), [](const Ended&) {});
  };
  EXPECT_LT(Quickest(0.8, once), 0.8) << "waited for them";
}

TEST(Strays, AGrandchildOfTheSameGroup) { ExpectNothingIsLeft(Bad("grandchild"), 1); }

// Nothing but the group tells whose it is.
TEST(Strays, AGrandchildOfTheSameGroupWithoutEnvironment) {
  ExpectNothingIsLeft(Bad("grandchild-without-environment"), 1);
}

TEST(Strays, AGrandchildOfAnotherSession) { ExpectNothingIsLeft(Bad("grandchild-session"), 1); }

TEST(Strays, AChainOfSessions) { ExpectNothingIsLeft(Bad("great-grandchild"), 2); }

TEST(Strays, OfAChildThatTimedOut) {
  ExpectNothingIsLeft(TimedOutOnceItSaid("grandchild-session-and-hang", "protocol"), 1);
}

// The runner cannot tell whose it is; it lives until Run() ends, and delays no result for long.
TEST(Strays, OfAnotherSessionWithoutEnvironmentEndWithTheRun) {
  const auto once = [] {
    Runner runner(1);
    std::vector<pid_t> numbers;
    double until_told = 0;
    const auto from = std::chrono::steady_clock::now();
    runner.Submit(Bad("grandchild-session-without-environment"), [&](const Ended& ended) {
      numbers = NumbersIn(ended.output);
      until_told = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    });
    runner.Run();
    EXPECT_THAT(numbers, SizeIs(1));
    EXPECT_THAT(numbers, Each(ResultOf(Exists, false)));
    return until_told;
  };
  EXPECT_LT(Quickest(2, once), 2);
}

TEST(Strays, OfAChildThatRunsAreLeftAlone) {
  const Folder folder;
  Runner runner(2);
  std::optional<int> needed;
  int others = 0;
  Command needs = Bad("need-daemon");
  needs.folder = folder.path();
  runner.Submit(needs, [&](const Ended& ended) { needed = ended.exit_code; });
  for (int i = 0; i < 10; ++i) {
    runner.Submit(Bad("grandchild-session"), [&](const Ended& ended) {
      if (!needed && ended.exit_code == 0) ++others;
      if (others == 5) folder.Create("go");
    });
  }
  runner.Run();
  EXPECT_EQ(needed, 0) << "its daemon was ended with another child";
  EXPECT_GE(others, 5) << "no other child ended meanwhile";
}

TEST(Strays, ChildrenThatWereThereBeforeAreLeftAlone) {
  const pid_t bystander = fork();
  if (bystander == 0) {
    pause();
    _exit(0);
  }
  RunOne(Bad("grandchild-session"));
  EXPECT_EQ(waitpid(bystander, nullptr, WNOHANG), 0) << "it was ended";
  kill(bystander, SIGKILL);
  EXPECT_EQ(waitpid(bystander, nullptr, 0), bystander);
}

// Starts a second harness that runs a child for ever, kills it outright, and looks for the child.
TEST(Strays, NoChildOutlivesAHarnessThatIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t harness = fork();
  if (harness == 0) {
    Runner runner(1);
    Command command;
    command.argv = {"/bin/sh", "-c",
                    "echo $$ >/proc/" + std::to_string(getpid()) + "/fd/" +
                        std::to_string(pipe_ends[1]) + "; exec sleep 1000"};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    runner.Submit(command, [](const Ended&) {});
    runner.Run();
    _exit(0);
  }
  close(pipe_ends[1]);
  char text[32] = {};
  ASSERT_GT(read(pipe_ends[0], text, sizeof(text) - 1), 0);
  close(pipe_ends[0]);
  const pid_t child = static_cast<pid_t>(std::stol(text));
  EXPECT_TRUE(Exists(child));
  kill(harness, SIGKILL);
  waitpid(harness, nullptr, 0);
  const auto running = [&] {  // a zombie that nobody has waited for yet has ended too
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string number, name, state;
    return (stat >> number >> name >> state) && state != "Z";
  };
  for (int i = 0; i < 6'000 && running(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(running());
}

}  // namespace
}  // namespace portcullis::runner
