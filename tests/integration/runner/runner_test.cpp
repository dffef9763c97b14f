// One child at a time, each misbehaving in its own way, and many at once.
#include "harness/runner/runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <set>

#include "harness/runner/answer.h"
#include "tests/integration/runner/runner_fixture.h"

namespace portcullis::runner {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string ProtocolErrorOf(const Ended& ended) {
  return ReadAnswer(ended.answer, ended.answer_too_long, "miniature").protocol_error;
}

void ExpectExit(const Ended& ended, int code) {
  EXPECT_EQ(ended.exit_code, code);
  EXPECT_FALSE(ended.signal.has_value());
  EXPECT_THAT(ended.start_error, IsEmpty());
  EXPECT_FALSE(ended.timed_out);
  EXPECT_FALSE(ended.stopped);
}

void ExpectSignal(const Ended& ended, int signal_number) {
  EXPECT_EQ(ended.signal, signal_number);
  EXPECT_FALSE(ended.exit_code.has_value());
  EXPECT_THAT(ended.start_error, IsEmpty());
}

TEST(Runner, AGoodLoader) {
  Command command = Bad("good");
  command.input = std::string(300'000, 'i');  // more than a pipe holds
  const Ended ended = RunOne(std::move(command));
  ExpectExit(ended, 0);
  EXPECT_EQ(ended.output, "read 300000 bytes\n");
  EXPECT_THAT(ended.errors, IsEmpty());
  EXPECT_THAT(ProtocolErrorOf(ended), IsEmpty());
  EXPECT_GT(ended.seconds.count(), 0);
}

TEST(Runner, HangsAndEndsOnSigterm) {
  const auto once = [] {
    const Ended ended = RunOne(Bad("hang", 100ms));
    ExpectSignal(ended, SIGTERM);
    EXPECT_TRUE(ended.timed_out);
    EXPECT_FALSE(ended.stopped);
    EXPECT_GE(ended.seconds.count(), 0.1);
    return ended.seconds.count();
  };
  EXPECT_LT(Quickest(0.5, once), 0.5) << "with the grace it would be 0.6";
}

TEST(Runner, IgnoresSigtermAndIsKilled) {
  const Ended ended = TimedOutOnceItSaid("ignore-term", "ignoring\n");
  ExpectSignal(ended, SIGKILL);
  EXPECT_TRUE(ended.timed_out);
  EXPECT_EQ(ended.output, "ignoring\n");
  EXPECT_GE(ended.seconds.count(), 0.6);
}

TEST(Runner, TimesOutWithAnExitCode) {
  const Ended ended = TimedOutOnceItSaid("exit-on-term", "waiting\n");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(ended.timed_out);
}

TEST(Runner, AStoppedChildSeesItsSigterm) {
  const Ended ended = TimedOutOnceItSaid("stop-itself", "stopping\n");
  ExpectSignal(ended, SIGTERM);
  EXPECT_TRUE(ended.timed_out);
}

TEST(Runner, ClosesEverythingAndHangs) {
  const Ended ended = RunOne(Bad("close-all-and-hang", 100ms));
  ExpectSignal(ended, SIGTERM);
  EXPECT_TRUE(ended.timed_out);
}

TEST(Runner, Crashes) {
  const Ended ended = RunOne(Bad("crash"));
  ExpectSignal(ended, SIGSEGV);
  EXPECT_FALSE(ended.timed_out);
  EXPECT_THAT(ProtocolErrorOf(ended), StartsWith("no answer"));
}

TEST(Runner, Aborts) { ExpectSignal(RunOne(Bad("abort")), SIGABRT); }

TEST(Runner, AnswersGarbage) {
  const Ended ended = RunOne(Bad("garbage"));
  ExpectExit(ended, 0);
  EXPECT_THAT(ProtocolErrorOf(ended), StartsWith("not JSON at byte 1: "));
}

TEST(Runner, AnswersTwice) {
  const Ended ended = RunOne(Bad("twice"));
  ExpectExit(ended, 0);
  EXPECT_THAT(ProtocolErrorOf(ended), StartsWith("answered twice: "));
}

TEST(Runner, AnswersHalfAMessage) {
  const Ended ended = RunOne(Bad("half"));
  ExpectExit(ended, 0);
  EXPECT_EQ(ProtocolErrorOf(ended),
            fmt::format("half a message: no newline after {} bytes", ended.answer.size()));
}

// The runner passes it on; it is the verdict that compares with the manifest.
TEST(Runner, ClaimsSuccessWithAWrongChecksum) {
  const Ended ended = RunOne(Bad("wrong-checksum"));
  ExpectExit(ended, 0);
  const AnswerOrError read = ReadAnswer(ended.answer, ended.answer_too_long, "miniature");
  ASSERT_TRUE(read.answer.has_value()) << read.protocol_error;
  EXPECT_EQ(read.answer->tensors.at(0).sha256, std::string(64, '0'));
}

TEST(Runner, FloodsBothStreams) {
  Command command = Bad("flood");
  command.output_limit = 10'000;
  const Ended ended = RunOne(std::move(command));
  ExpectExit(ended, 0);
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("\n[49990010 bytes left out]\n"), EndsWith("last line\n")));
  EXPECT_THAT(ended.errors, HasSubstr("\n[49990000 bytes left out]\n"));
  EXPECT_LT(ended.output.size(), 10'100U);
  EXPECT_THAT(ProtocolErrorOf(ended), IsEmpty());
}

TEST(Runner, WritesAHugeAnswer) {
  const Ended ended = RunOne(Bad("huge-answer"));
  ExpectExit(ended, 0);
  EXPECT_TRUE(ended.answer_too_long);
  EXPECT_EQ(ended.answer.size(), kAnswerLimit);
  EXPECT_EQ(ProtocolErrorOf(ended), "the answer is longer than 67108864 bytes");
}

TEST(Runner, ClosesItsAnswerEarly) {
  const Ended ended = RunOne(Bad("close-answer"));
  ExpectExit(ended, 0);
  EXPECT_EQ(ended.output, "closed\n");
  EXPECT_THAT(ProtocolErrorOf(ended), StartsWith("no answer"));
}

TEST(Runner, ExitsWithoutAnswering) {
  const Ended ended = RunOne(Bad("exit-three"));
  ExpectExit(ended, 3);
  EXPECT_THAT(ended.answer, IsEmpty());
}

TEST(Runner, NeverReadsItsInput) {
  Command command = Bad("never-read");
  command.input = std::string(10 << 20, 'i');
  const Ended ended = RunOne(std::move(command));
  ExpectExit(ended, 0);
  EXPECT_THAT(ProtocolErrorOf(ended), IsEmpty());

  command = Bad("hang", 100ms);
  command.input = std::string(10 << 20, 'i');
  EXPECT_TRUE(RunOne(std::move(command)).timed_out);
}

TEST(Runner, GivesTheChildWhatWasSaidAndNothingElse) {
  ASSERT_EQ(setenv("PORTCULLIS_TEST_LEAK", "1", 1), 0);
  const int leaked = fcntl(STDERR_FILENO, F_DUPFD, 10);  // without FD_CLOEXEC
  ASSERT_GE(leaked, 10);
  Command command = Bad("describe");
  command.environment = {{"A", "x y=z"}, {"EMPTY", ""}};
  command.folder = "/usr";
  const Ended ended = RunOne(std::move(command));
  ASSERT_EQ(close(leaked), 0);
  EXPECT_THAT(ended.output,
              ::testing::MatchesRegex("descriptor 0\ndescriptor 1\ndescriptor 2\ndescriptor 3\n"
                                      "variable A=x y=z\nvariable EMPTY=\n"
                                      "variable PORTCULLIS_ANSWER_FD=3\n"
                                      "variable PORTCULLIS_CHILD=[0-9]+\\.(warm\\.)?[0-9]+\n"
                                      "folder /usr\nleads its group 1\nSIGPIPE ignored 0\n"));
}

// Runs `test` in a process of its own; it says by its exit code what went wrong, 0: nothing.
template <typename Test>
int InAnotherProcess(Test test) {
  const pid_t process = fork();
  if (process == 0) _exit(test());
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Pipes could get the numbers 0 to 3, which the child's own are to have.
TEST(Runner, LowDescriptorsMayBeFree) {
  const int failed = InAnotherProcess([] {
    for (int taken = 0; taken < 4;) taken = open("/dev/null", O_RDONLY);
    Ended good;
    Ended bad;
    Runner runner(1);
    runner.Submit(Bad("good"), [&](const Ended&) {  // Asio has its own descriptors by now
      for (int descriptor = 0; descriptor < 4; ++descriptor) close(descriptor);
    });
    Command command = Bad("good");
    command.input = "request";
    runner.Submit(command, [&](Ended ended) { good = std::move(ended); });
    command.argv = {"/no/such/loader"};
    command.warm.reset();
    runner.Submit(command, [&](Ended ended) { bad = std::move(ended); });
    runner.Run();
    if (good.exit_code != 0 || good.output != "read 7 bytes\n") return 1;
    if (!ProtocolErrorOf(good).empty()) return 2;
    return bad.start_error.empty() ? 3 : 0;
  });
  EXPECT_EQ(failed, 0);
}

std::string StartErrorOf(Command command) {
  const Ended ended = RunOne(std::move(command));
  EXPECT_FALSE(ended.exit_code.has_value());
  EXPECT_FALSE(ended.signal.has_value());
  return ended.start_error;
}

class StartErrors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kWarm) GTEST_SKIP() << "of fresh processes";
  }
  StartErrors() { std::filesystem::create_directory(folder_); }
  ~StartErrors() override { std::filesystem::remove_all(folder_); }
  std::string Script(const std::string& content, std::filesystem::perms permissions) {
    const std::filesystem::path file = folder_ / "script";
    std::ofstream(file) << content;
    std::filesystem::permissions(file, permissions);
    return file.string();
  }
  static std::string Of(const std::string& program) {
    Command command;
    command.argv = {program};
    return StartErrorOf(std::move(command));
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("portcullis-start-{}", getpid());
};

TEST_F(StartErrors, NameTheReason) {
  using std::filesystem::perms;
  EXPECT_EQ(Of("/no/such/loader"), "cannot start '/no/such/loader': No such file or directory");
  EXPECT_THAT(Of("/usr"), EndsWith("Permission denied"));
  EXPECT_THAT(Of(Script("", perms::owner_read)), EndsWith("Permission denied"));
  EXPECT_THAT(Of(Script("#!/no/such/interpreter\n", perms::owner_all)),
              HasSubstr("it exists: the interpreter or dynamic linker it names does not"));
  EXPECT_THAT(Of(Script("no program\n", perms::owner_all)), EndsWith("Exec format error"));
  EXPECT_EQ(StartErrorOf({}), "cannot start a child: its command is empty");
  Command nowhere = Bad("good");
  nowhere.folder = "/no/such/folder";
  EXPECT_THAT(StartErrorOf(nowhere),
              EndsWith("folder '/no/such/folder': No such file or directory"));
  Command too_much = Bad("good");
  too_much.argv.emplace_back(1 << 20, 'x');
  EXPECT_THAT(StartErrorOf(too_much), EndsWith("Argument list too long"));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie";
  EXPECT_EQ(errno, ECHILD);
}

// Destructors and exit handlers of this process are not for the child that could not start.
TEST_F(StartErrors, DoNotRunOurExitHandlers) {
  const int handlers_ran = InAnotherProcess([this] {
    static std::filesystem::path trace;
    trace = folder_ / "trace";
    if (std::atexit([] { std::ofstream(trace) << "ran"; }) != 0) return 2;
    Of("/no/such/loader");
    return std::filesystem::exists(trace) ? 1 : 0;
  });
  EXPECT_EQ(handlers_ran, 0);
}

TEST_F(StartErrors, LeaveNoZombieWhileOthersRun) {
  Runner runner(1);
  Command missing;
  missing.argv = {"/no/such/loader"};
  pid_t zombie = 0;
  runner.Submit(missing, [&](const Ended&) { zombie = waitpid(-1, nullptr, WNOHANG); });
  runner.Run();
  EXPECT_EQ(zombie, -1);
}

TEST_F(StartErrors, DoNotKeepOthersFromRunning) {
  Runner runner(2);
  int good = 0;
  int failed = 0;
  for (int i = 0; i < 10; ++i) {
    Command command = Bad("good");
    if (i % 2 == 0) command.argv = {"/no/such/loader"};
    runner.Submit(std::move(command),
                  [&](const Ended& ended) { (ended.start_error.empty() ? good : failed) += 1; });
  }
  runner.Run();
  EXPECT_EQ(good, 5);
  EXPECT_EQ(failed, 5);
}

TEST(Runner, ARelativeProgramIsRelativeToThisProcess) {
  Command command = Bad("good");
  command.argv[0] = std::filesystem::relative(BAD_LOADER);
  command.folder = "/usr";
  ExpectExit(RunOne(std::move(command)), 0);
}

TEST(Runner, HundredsOfChildrenLeaveNothingBehind) {
  const std::size_t descriptors = OpenDescriptors();
  {
    Runner runner(8);
    int good = 0;
    for (int i = 0; i < 300; ++i) {
      runner.Submit(Bad("good"), [&](const Ended& ended) { good += ended.exit_code == 0 ? 1 : 0; });
    }
    runner.Run();
    EXPECT_EQ(good, 300);
  }
  EXPECT_EQ(OpenDescriptors(), descriptors);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie";
}

TEST(Runner, RunsJobsAtOnce) {
  const Folder folder;
  Runner runner(4);
  int met = 0;
  for (int i = 0; i < 4; ++i) {
    Command command = Bad("meet-three");
    command.folder = folder.path();
    runner.Submit(command, [&](const Ended& ended) { met += ended.exit_code == 0 ? 1 : 0; });
  }
  runner.Run();
  EXPECT_EQ(met, 4);
}

TEST(Runner, RunsNoMoreThanJobs) {
  Runner runner(3);
  std::vector<bool> timed_out;
  const auto keep = [&](const Ended& ended) { timed_out.push_back(ended.timed_out); };
  for (int i = 0; i < 3; ++i) runner.Submit(Bad("hang", 200ms), keep);
  runner.Submit(Bad("good"), keep);  // would end before the others
  runner.Run();
  ASSERT_EQ(timed_out.size(), 4U);
  EXPECT_TRUE(timed_out.front());
}

TEST(Runner, ALimitOfOpenFiles) {
  const auto opened = [](std::optional<std::uint64_t> limit) {
    Command command = Bad("open-files");
    command.limits.open_files = limit;
    const Ended ended = RunOne(command);
    ExpectExit(ended, 0);
    return std::stoi(ended.output);
  };
  EXPECT_EQ(opened({}), 100);
  EXPECT_GT(opened(32), 16);
  EXPECT_LT(opened(32), 32);
}

TEST(Runner, ALimitOfMemory) {
  Command command = Bad("take-memory-and-hang", 500ms);
  command.limits.memory_bytes = 512U << 20U;
  const Ended within = RunOne(command);
  EXPECT_TRUE(within.timed_out);
  EXPECT_EQ(within.over_limit, "");
  command.limits.memory_bytes = 64U << 20U;
  command.deadline = 60s;
  const Ended ended = RunOne(command);
  ExpectSignal(ended, SIGKILL);
  EXPECT_EQ(ended.over_limit, "it had more than 64 MiB of memory");
  EXPECT_FALSE(ended.timed_out);
}

// A simulated GPU reserves what it has, and writes to little of it.
TEST(Runner, ALimitOfMemoryIsNotOneOfAddresses) {
  Command command = Bad("reserve-addresses");
  command.limits.memory_bytes = 64U << 20U;
  ExpectExit(RunOne(command), 0);
}

// Exit codes of 20 commands that do not bear one another, four jobs, each in `resources`.
std::multiset<int> ExitCodesOf(const std::string& behaviour,
                               const std::vector<std::string>& resources) {
  const Folder folder;
  Runner runner(4);
  std::multiset<int> codes;
  for (int i = 0; i < 20; ++i) {
    Command command = Bad(behaviour);
    command.folder = folder.path();
    command.resources = resources;
    runner.Submit(command, [&](const Ended& ended) { codes.insert(ended.exit_code.value_or(-1)); });
  }
  runner.Run();
  return codes;
}

TEST(Runner, OneAtATimeHasAResource) {
  EXPECT_GT(ExitCodesOf("alone-until-met", {}).count(7), 0U) << "the test would not notice";
  EXPECT_EQ(ExitCodesOf("alone", {"gpu 0"}).count(0), 20U);
  EXPECT_EQ(ExitCodesOf("alone", {"gpu 1", "gpu 0"}).count(0), 20U);
}

TEST(Runner, OthersPassOneThatWaitsForItsResource) {
  const Folder folder;
  Runner runner(2);
  std::vector<std::string> ended;
  const auto submit = [&](const std::string& name, const std::string& behaviour,
                          const std::vector<std::string>& resources) {
    Command command = Bad(behaviour);
    command.folder = folder.path();
    command.resources = resources;
    runner.Submit(command, [&, name](const Ended&) {
      ended.push_back(name);
      if (name == "needs none") folder.Create("go");
    });
  };
  submit("holds it", "await-go", {"gpu 0"});
  submit("waits", "good", {"gpu 0"});
  submit("needs none", "good", {});
  runner.Run();
  EXPECT_THAT(ended, ::testing::ElementsAre("needs none", "holds it", "waits"));
}

TEST(Runner, WhatWaitsTakesNoJobsPlace) {
  Runner runner(1);
  Command waiting = Bad("hang");
  waiting.waits = true;
  bool stopped = false;
  runner.Submit(waiting, [&](const Ended& ended) { stopped = ended.stopped; });
  runner.Submit(Bad("good"), [&](const Ended&) { runner.Stop(); });
  runner.Run();
  EXPECT_TRUE(stopped) << "the other had to wait for it";
}

TEST(Runner, CallbacksQueueMore) {
  Runner runner(1);
  int ended = 0;
  std::function<void(Ended)> again = [&](const Ended&) {
    if (++ended < 5) runner.Submit(Bad("good"), again);
  };
  runner.Submit(Bad("good"), again);
  runner.Run();
  EXPECT_EQ(ended, 5);
  runner.Run();  // nothing queued
  runner.Submit(Bad("good"), again);
  runner.Run();
  EXPECT_EQ(ended, 6);
}

TEST(Runner, ACallbackThatThrowsEndsAll) {
  Runner runner(2);
  runner.Submit(Bad("hang"), [](const Ended&) { FAIL() << "nobody wants to know"; });
  runner.Submit(Bad("good"), [](const Ended&) { throw std::runtime_error("enough"); });
  const double seconds = Seconds([&] { EXPECT_THROW(runner.Run(), std::runtime_error); });
  EXPECT_LT(seconds, 30) << "it waited for a deadline";
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

}  // namespace
}  // namespace portcullis::runner
