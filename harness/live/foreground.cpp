#include "harness/live/foreground.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "src/base/error.h"

namespace portcullis::live {
namespace {

// Handed on to the command. Not SIGKILL and SIGSTOP, which cannot be, nor SIGTSTP and SIGCONT,
// which stop and continue this process as well as the command.
constexpr std::array kHandedOn{SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1,
                               SIGUSR2, SIGALRM, SIGWINCH, SIGPIPE};

// While this lives, the signals wait to be taken by sigwaitinfo().
class SignalsHeld {
 public:
  SignalsHeld() {
    sigemptyset(&held_);
    sigaddset(&held_, SIGCHLD);
    for (const int number : kHandedOn) sigaddset(&held_, number);
    sigprocmask(SIG_BLOCK, &held_, &before_);
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;  // ignored by a caller, the end of the command could not be seen
    sigaction(SIGCHLD, &usual, &child_before_);
  }
  ~SignalsHeld() { Restore(); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  const sigset_t& held() const { return held_; }
  void Restore() const {
    sigaction(SIGCHLD, &child_before_, nullptr);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t held_{}, before_{};
  struct sigaction child_before_ {};
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child; writes errno to `trouble` if it gets no further.
[[noreturn]] void Become(char* const* argv, char* const* environment, const SignalsHeld& signals,
                         pid_t parent, int trouble) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  signals.Restore();
  execvpe(argv[0], argv, environment);
  const int error = errno;
  static_cast<void>(!write(trouble, &error, sizeof(error)));
  _exit(127);
}

// A key on the terminal reaches the whole group, and so the command too; a kill() to this process
// does not.
bool IsForThisProcessOnly(const siginfo_t& info) { return info.si_code <= 0; }

Ended Wait(pid_t child, const sigset_t& held) {
  while (true) {
    siginfo_t info{};
    if (sigwaitinfo(&held, &info) < 0) continue;
    if (info.si_signo != SIGCHLD) {
      if (IsForThisProcessOnly(info)) kill(child, info.si_signo);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    Ended ended;
    if (WIFSIGNALED(status)) {
      ended.signal = WTERMSIG(status);
    } else {
      ended.exit_code = WEXITSTATUS(status);
    }
    return ended;
  }
}

}  // namespace

Ended RunInForeground(const std::vector<std::string>& argv, const host::Environment& environment) {
  std::vector<std::string> words = argv;
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment) entries.push_back(name + "=" + value);
  const std::vector<char*> word_pointers = Pointers(words);
  const std::vector<char*> entry_pointers = Pointers(entries);
  std::array<int, 2> trouble{};
  if (pipe2(trouble.data(), O_CLOEXEC) != 0) throw CannotRun(SystemError("cannot make a pipe"));
  const SignalsHeld signals;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw CannotRun(SystemError("cannot start a process"));
  if (child == 0) {
    Become(word_pointers.data(), entry_pointers.data(), signals, parent, trouble[1]);
  }
  close(trouble[1]);
  int error = 0;
  const bool failed = read(trouble[0], &error, sizeof(error)) == sizeof(error);
  close(trouble[0]);
  Ended ended = Wait(child, signals.held());
  if (failed) ended = {std::nullopt, std::nullopt, error};
  return ended;
}

int StatusOf(const Ended& ended) {
  constexpr int kSignalled = 128;
  if (ended.not_started) return *ended.not_started == ENOENT ? 127 : 126;
  return ended.signal ? kSignalled + *ended.signal : ended.exit_code.value_or(0);
}

}  // namespace portcullis::live
