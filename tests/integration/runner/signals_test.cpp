// Stop() and signals end the children and keep what is known so far.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/runner/runner_fixture.h"

namespace portcullis::runner {
namespace {

TEST(Stop, EndsTheRunningAndForgetsTheQueued) {
  Runner runner(3);
  int told = 0;
  std::vector<Ended> stopped;
  const auto keep = [&](Ended ended) { stopped.push_back(std::move(ended)); };
  runner.Submit(Bad("hang"), keep);
  runner.Submit(Bad("ignore-term"), keep);
  runner.Submit(Bad("good"), [&](const Ended&) {
    ++told;
    runner.Stop();
    runner.Submit(Bad("good"), [&](const Ended&) { ++told; });
  });
  for (int i = 0; i < 50; ++i) runner.Submit(Bad("good"), [&](const Ended&) { ++told; });
  const double seconds = Seconds([&] { runner.Run(); });
  EXPECT_EQ(told, 1);
  EXPECT_LT(seconds, 30) << "it waited for a deadline";
  ASSERT_EQ(stopped.size(), 2U);
  for (const Ended& ended : stopped) {
    EXPECT_TRUE(ended.stopped);
    EXPECT_FALSE(ended.timed_out);
    // A warm loader may still be starting when the run ends; its case then never ran.
    const bool never_ran = kWarm && !ended.signal && !ended.exit_code;
    EXPECT_TRUE(never_ran || ended.signal == SIGTERM || ended.signal == SIGKILL);
  }
  EXPECT_FALSE(runner.interrupted().has_value());

  runner.Submit(Bad("good"), [&](const Ended&) { ++told; });  // the next run is a new one
  runner.Run();
  EXPECT_EQ(told, 2);
}

class Signals : public ::testing::TestWithParam<int> {};

TEST_P(Signals, StopTheRun) {
  Runner runner(2);
  runner.StopOnSignals();
  int stopped = 0;
  runner.Submit(Bad("hang"), [&](const Ended& ended) { stopped += ended.stopped ? 1 : 0; });
  runner.Submit(Bad("good"), [&](const Ended&) { kill(getpid(), GetParam()); });
  runner.Run();
  EXPECT_EQ(stopped, 1);
  EXPECT_EQ(runner.interrupted(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Both, Signals, ::testing::Values(SIGINT, SIGTERM));

TEST(Stop, ASecondSignalDoesNotWaitForTheGrace) {
  const auto once = [] {
    Runner runner(1);
    runner.StopOnSignals();
    Ended stubborn;
    Command command = Bad("interrupt-twice");
    command.environment = {{"HARNESS", std::to_string(getpid())}};
    runner.Submit(command, [&](Ended ended) { stubborn = std::move(ended); });
    runner.Run();
    EXPECT_EQ(stubborn.signal, SIGKILL);
    EXPECT_TRUE(stubborn.stopped);
    return stubborn.seconds.count();
  };
  EXPECT_LT(Quickest(0.5, once), 0.5) << "it waited for the grace";
}

// Ctrl-C of a terminal reaches the harness's group only; the default comes back after Run().
TEST(Stop, SignalsAreAsBeforeOutsideOfRun) {
  Runner runner(1);
  runner.StopOnSignals();
  runner.Submit(Bad("good"), [](const Ended&) {});
  runner.Run();
  struct sigaction action {};
  for (const int signal_number : {SIGINT, SIGTERM, SIGPIPE}) {
    ASSERT_EQ(sigaction(signal_number, nullptr, &action), 0);
    EXPECT_EQ(action.sa_handler, SIG_DFL) << signal_number;
  }
}

// A parent that ignores SIGCHLD hands that on through exec.
TEST(Stop, AnIgnoredSigchldHidesNoExitCode) {
  signal(SIGCHLD, SIG_IGN);
  const Ended ended = RunOne(Bad("exit-three"));
  EXPECT_EQ(signal(SIGCHLD, SIG_DFL), SIG_IGN) << "not as before";
  EXPECT_EQ(ended.exit_code, 3);
}

}  // namespace
}  // namespace portcullis::runner
