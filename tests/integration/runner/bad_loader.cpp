// A loader in miniature that misbehaves: the last argument names how. Each behaviour is one
// function of the table at the end. With --serve before it, a warm loader whose children behave
// like that; the "serve-…" behaviours are warm loaders that misbehave themselves.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/loader/serve.h"

namespace {

constexpr int kAnswer = 3;

void WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string Answer(const std::string& sha256) {
  return R"({"protocol":1,"case":"miniature",)"
         R"("runtime":{"language":"cpp","torch":"2.11.0","cuda":"13.0"},)"
         R"("outcome":"loaded","phase":"read-back","tensors":[{"name":"weight","dtype":"float32",)"
         R"("shape":[2],"device":"cuda:0","bytes":8,"sha256":")" +
         sha256 +
         R"("}],"values":[],"error":null,)"
         R"("seconds":{"load":0.1,"move":0.0,"use":0.0,"read-back":0.1}})"
         "\n";
}
std::string GoodAnswer() { return Answer(std::string(64, 'a')); }

[[noreturn]] void SleepForever() {
  while (true) pause();
}

void NoCore() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

int Good() {
  const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
  WriteAll(kAnswer, GoodAnswer());
  std::cout << "read " << request.size() << " bytes\n";
  return 0;
}

int Hang() { SleepForever(); }

int IgnoreTerm() {
  signal(SIGTERM, SIG_IGN);
  WriteAll(STDOUT_FILENO, "ignoring\n");
  SleepForever();
}

int ExitOnTerm() {
  signal(SIGTERM, [](int) { _exit(0); });
  WriteAll(STDOUT_FILENO, "waiting\n");
  SleepForever();
}

// Interrupts the harness, and once more when the harness asks it to end, which it does not.
int InterruptTwice() {
  static pid_t harness = std::atoi(std::getenv("HARNESS"));
  signal(SIGTERM, [](int) { kill(harness, SIGINT); });
  kill(harness, SIGINT);
  SleepForever();
}

int StopItself() {
  WriteAll(STDOUT_FILENO, "stopping\n");
  raise(SIGSTOP);
  SleepForever();
}

int Crash() {
  NoCore();
  signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn it into an exit code
  raise(SIGSEGV);
  return 0;
}

int Abort() {
  NoCore();
  signal(SIGABRT, SIG_DFL);
  std::abort();
}

int Garbage() {
  WriteAll(kAnswer, "\x80\xff no answer at all\n");
  return 0;
}

int Twice() {
  WriteAll(kAnswer, GoodAnswer() + GoodAnswer());
  return 0;
}

int Half() {
  const std::string answer = GoodAnswer();
  WriteAll(kAnswer, answer.substr(0, answer.size() / 2));
  return 0;
}

int WrongChecksum() {
  WriteAll(kAnswer, Answer(std::string(64, '0')));
  return 0;
}

// 100 MB in all, in turns, so that a harness that reads one stream first would block for ever.
int Flood() {
  const std::string line(999, 'x');
  for (int i = 0; i < 50'000; ++i) {
    WriteAll(STDOUT_FILENO, line + "\n");
    WriteAll(STDERR_FILENO, line + "\n");
  }
  WriteAll(STDOUT_FILENO, "last line\n");
  WriteAll(kAnswer, GoodAnswer());
  return 0;
}

// 65 MiB: more than the runner takes.
int HugeAnswer() {
  const std::string mebibyte(1 << 20, 'y');
  for (int i = 0; i < 65; ++i) WriteAll(kAnswer, mebibyte);
  return 0;
}

int CloseAnswer() {
  close(kAnswer);
  WriteAll(STDOUT_FILENO, "closed\n");
  return 0;
}

int CloseAllAndHang() {
  for (int descriptor = 0; descriptor <= kAnswer; ++descriptor) close(descriptor);
  SleepForever();
}

int ExitThree() { return 3; }

int NeverRead() {
  WriteAll(kAnswer, GoodAnswer());
  return 0;
}

// Leaves a grandchild that holds every pipe open and whose number goes to standard output. `live`
// gets a descriptor to close (exec does too) once all numbers have been said, and does not return.
template <typename Live>
int LeaveGrandchild(Live live) {
  int said[2];
  if (pipe2(said, O_CLOEXEC) != 0) return 1;
  if (fork() == 0) {
    close(said[0]);
    live(said[1]);
  }
  close(said[1]);
  char none = 0;
  while (read(said[0], &none, 1) > 0) {
  }
  WriteAll(kAnswer, GoodAnswer());
  return 0;
}

void SayNumber() { WriteAll(STDOUT_FILENO, std::to_string(getpid()) + "\n"); }

[[noreturn]] void SayNumberAndSleep(int said) {
  SayNumber();
  close(said);
  SleepForever();
}

int Grandchild() {
  return LeaveGrandchild([](int said) {
    signal(SIGTERM, SIG_IGN);
    SayNumberAndSleep(said);
  });
}

int GrandchildSession() {
  return LeaveGrandchild([](int said) {
    setsid();
    SayNumberAndSleep(said);
  });
}

// Its own child in turn, each in a session of its own.
int GreatGrandchild() {
  return LeaveGrandchild([](int said) {
    setsid();
    if (fork() == 0) setsid();
    SayNumberAndSleep(said);
  });
}

// Becomes a program without environment, so that nothing names its child any more.
void ForgetEnvironment() {
  SayNumber();
  char program[] = "/bin/sleep";
  char forever[] = "1000";
  char* const arguments[] = {program, forever, nullptr};
  char* const environment[] = {nullptr};
  execve(program, arguments, environment);
  _exit(1);
}

int GrandchildWithoutEnvironment() {
  return LeaveGrandchild([](int /*said*/) { ForgetEnvironment(); });
}

int GrandchildSessionWithoutEnvironment() {
  return LeaveGrandchild([](int /*said*/) {
    setsid();
    ForgetEnvironment();
  });
}

// Until a file of that name is in its folder.
void Await(const char* name) {
  while (access(name, F_OK) != 0) usleep(1'000);
}

int AwaitGo() {
  Await("go");
  return Good();
}

// Has a daemon, whose own parent has ended, and needs it until it may go: 0 if it lived that long.
int NeedDaemon() {
  int said[2];
  if (pipe2(said, O_CLOEXEC) != 0) return 2;
  const pid_t middle = fork();
  if (middle == 0) {
    setsid();
    const pid_t daemon = fork();
    if (daemon == 0) SleepForever();
    WriteAll(said[1], {reinterpret_cast<const char*>(&daemon), sizeof(daemon)});
    _exit(0);
  }
  waitpid(middle, nullptr, 0);
  pid_t daemon = 0;
  if (read(said[0], &daemon, sizeof(daemon)) != sizeof(daemon)) return 2;
  Await("go");
  return kill(daemon, 0) == 0 ? 0 : 1;
}

// A leader that hangs with a grandchild in another session.
int GrandchildSessionAndHang() {
  GrandchildSession();
  SleepForever();
}

// What the child was given: descriptors, environment, folder, group, signals.
int Describe() {
  for (int descriptor = 0; descriptor < 256; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) std::cout << "descriptor " << descriptor << "\n";
  }
  for (char** entry = environ; *entry != nullptr; ++entry)
    std::cout << "variable " << *entry << "\n";
  char* folder = getcwd(nullptr, 0);
  std::cout << "folder " << folder << "\n";
  std::free(folder);
  std::cout << "leads its group " << (getpgrp() == getpid()) << "\n";
  std::cout << "SIGPIPE ignored " << (signal(SIGPIPE, SIG_DFL) == SIG_IGN) << "\n";
  return 0;
}

// What only a child of a warm loader can do.
int KillParent() {
  kill(getppid(), SIGKILL);
  SleepForever();
}

int SayParent() {
  WriteAll(STDOUT_FILENO, std::to_string(getppid()) + "\n");
  return Good();
}

// The number of MiB that its parent holds while it holds 200 itself.
int Balloon() {
  std::vector<char> balloon(200U << 20U, 'b');
  std::ifstream statm("/proc/" + std::to_string(getppid()) + "/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  std::cout << resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / (1U << 20U) << "\n";
  return balloon[balloon.size() / 2] == 'b' ? 0 : 1;
}

// Limits are set before the input is there.
void AwaitInput() {
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
}

// How many it can open, of 100.
int OpenFiles() {
  AwaitInput();
  int files = 0;
  while (files < 100 && open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) ++files;
  std::cout << files << "\n";
  return 0;
}

int TakeMemoryAndHang() {
  const std::vector<char> balloon(200U << 20U, 'b');
  Hang();
  return balloon.back();
}

int ReserveAddresses() {
  constexpr std::size_t kMany = std::size_t{1} << 40U;
  AwaitInput();
  void* memory = mmap(nullptr, kMany, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  usleep(100'000);  // to be looked at
  return 0;
}

int SleepALittle() {
  usleep(5'000);
  return Good();
}

bool Create(const char* name) {
  const int file = open(name, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

// Does not bear another one in its folder.
int Alone() {
  if (!Create("alone")) return Create("met") || errno == EEXIST ? 7 : 8;
  usleep(5'000);
  return unlink("alone") == 0 ? 0 : 8;
}

// Is there until another one comes.
int AloneUntilMet() {
  if (access("alone", F_OK) == 0 || !Create("alone")) return Alone();
  Await("met");
  return unlink("alone") == 0 ? 0 : 8;
}

// Waits until three others have come to its folder.
int MeetThree() {
  if (!Create(("came-" + std::to_string(getpid())).c_str())) return 8;
  const auto came = [] {
    const std::filesystem::directory_iterator all(".");
    return std::distance(begin(all), end(all));
  };
  while (came() < 4) usleep(1'000);
  return 0;
}

// Warm loaders. Their socket has the number of a loader's answer pipe.
constexpr int kSocket = kAnswer;

void Say(const std::string& text) { send(kSocket, text.data(), text.size(), 0); }

// The next case's standard input and output.
std::pair<int, int> AwaitCase() {
  char entries[65536];
  iovec part{entries, sizeof(entries)};
  alignas(cmsghdr) char control[CMSG_SPACE(5 * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(kSocket, &message, 0) <= 0) _exit(0);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) _exit(2);
  int descriptors[5];
  std::memcpy(descriptors, CMSG_DATA(header), sizeof(descriptors));
  return {descriptors[0], descriptors[1]};
}

int ServeExits() {
  WriteAll(STDERR_FILENO, "no runtime here\n");
  return 3;
}

int ServeNonsense() {
  Say("steady");
  SleepForever();
}

int ServeDiesWhenAsked() {
  Say("ready");
  AwaitCase();
  return 1;
}

int ServeNeverForks() {
  Say("ready");
  AwaitCase();
  SleepForever();
}

int ServeForksNonsense() {
  Say("ready");
  AwaitCase();
  Say("forked -1");
  SleepForever();
}

// Forks a child that says its number and sleeps, and goes on when the harness has taken that child:
// only then does the child's input end.
void ForkSleeper() {
  Say("ready");
  const auto [input, output] = AwaitCase();
  int taken[2];
  if (pipe2(taken, O_CLOEXEC) != 0) _exit(2);
  const pid_t child = fork();
  char none = 0;
  if (child == 0) {
    setpgid(0, 0);
    close(kSocket);
    WriteAll(output, std::to_string(getpid()) + "\n");
    while (read(input, &none, 1) > 0) {
    }
    close(taken[0]);
    close(taken[1]);
    SleepForever();
  }
  close(taken[1]);
  Say("forked " + std::to_string(child));
  while (read(taken[0], &none, 1) > 0) {
  }
}

int ServeDiesInTheMiddle() {
  ForkSleeper();
  return 1;
}

int ServeEndsWithNonsense() {
  ForkSleeper();
  Say("exited nowhere");
  SleepForever();
}

constexpr std::pair<std::string_view, int (*)()> kBehaviours[] = {
    {"good", Good},
    {"hang", Hang},
    {"ignore-term", IgnoreTerm},
    {"exit-on-term", ExitOnTerm},
    {"interrupt-twice", InterruptTwice},
    {"stop-itself", StopItself},
    {"crash", Crash},
    {"abort", Abort},
    {"garbage", Garbage},
    {"twice", Twice},
    {"half", Half},
    {"wrong-checksum", WrongChecksum},
    {"flood", Flood},
    {"huge-answer", HugeAnswer},
    {"close-answer", CloseAnswer},
    {"close-all-and-hang", CloseAllAndHang},
    {"exit-three", ExitThree},
    {"never-read", NeverRead},
    {"grandchild", Grandchild},
    {"grandchild-session", GrandchildSession},
    {"great-grandchild", GreatGrandchild},
    {"grandchild-without-environment", GrandchildWithoutEnvironment},
    {"grandchild-session-without-environment", GrandchildSessionWithoutEnvironment},
    {"grandchild-session-and-hang", GrandchildSessionAndHang},
    {"await-go", AwaitGo},
    {"need-daemon", NeedDaemon},
    {"describe", Describe},
    {"kill-parent", KillParent},
    {"say-parent", SayParent},
    {"sleep-a-little", SleepALittle},
    {"balloon", Balloon},
    {"alone", Alone},
    {"alone-until-met", AloneUntilMet},
    {"meet-three", MeetThree},
    {"open-files", OpenFiles},
    {"take-memory-and-hang", TakeMemoryAndHang},
    {"reserve-addresses", ReserveAddresses},
    {"serve-exits", ServeExits},
    {"serve-hangs", Hang},
    {"serve-nonsense", ServeNonsense},
    {"serve-dies-when-asked", ServeDiesWhenAsked},
    {"serve-never-forks", ServeNeverForks},
    {"serve-forks-nonsense", ServeForksNonsense},
    {"serve-dies-in-the-middle", ServeDiesInTheMiddle},
    {"serve-ends-with-nonsense", ServeEndsWithNonsense},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[argc - 1] : "";
  const auto* const found =
      std::find_if(std::begin(kBehaviours), std::end(kBehaviours),
                   [&](const auto& behaviour) { return behaviour.first == wanted; });
  if (found == std::end(kBehaviours)) {
    std::cerr << "no such behaviour: " << wanted << "\n";
    return 2;
  }
  const bool serve = argc == 3 && argv[1] == std::string_view("--serve");
  return serve ? portcullis::loader::Serve(found->second) : found->second();
}
