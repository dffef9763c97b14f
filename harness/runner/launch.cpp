#include "harness/runner/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <system_error>
#include <vector>

#include "harness/loader/protocol.h"
#include "harness/runner/strays.h"

namespace portcullis::runner {
namespace {

namespace process = boost::process::v2;

constexpr int kAnswerDescriptor = 3;
constexpr int kDescriptors = 4;  // standard input, output, error, and the answer

[[noreturn]] void ThrowErrno(const std::string& doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

// While this lives, descriptors 0 to 3 are taken, so that no pipe gets one of the numbers that
// the child's own will have.
class LowNumbersTaken {
 public:
  LowNumbersTaken() {
    while (true) {
      Descriptor taken(open("/dev/null", O_RDWR | O_CLOEXEC));
      if (taken.get() < 0) ThrowErrno("/dev/null");
      if (taken.get() >= kDescriptors) return;
      taken_.push_back(std::move(taken));
    }
  }

 private:
  std::vector<Descriptor> taken_;
};

struct Pipe {
  Descriptor read, write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) ThrowErrno("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// What the child does between fork and exec. Only async-signal-safe calls; errno tells the parent.
struct ChildSetup {
  std::array<int, kDescriptors> descriptors;  // become 0 to 3
  int folder;                                 // -1: stay
  pid_t harness;

  using Error = process::error_code;
  using Path = process::filesystem::path;
  using Launcher = process::posix::default_launcher;

  Error on_setup(Launcher& launcher, const Path& /*program*/, const char* const* /*argv*/) const {
    launcher.fd_whitelist.push_back(kAnswerDescriptor);
    return {};
  }

  Error on_exec_setup(Launcher& /*launcher*/, const Path& /*program*/,
                      const char* const* /*argv*/) const {
    if (Prepare()) return {};
    return {errno, process::system_category()};
  }

  // Boost would call exit() here, which runs this process's exit handlers in the child. (It asks
  // for one signature and calls another.)
  template <typename... Arguments>
  void on_exec_error(Arguments&&...) const {
    _exit(127);
  }

 private:
  bool Prepare() const {
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (getppid() != harness) _exit(127);  // it died before the line above
    ResetSignals();
    for (int i = 0; i < kDescriptors; ++i) {
      if (dup2(descriptors[static_cast<std::size_t>(i)], i) < 0) return false;
    }
    // Boost 1.81 leaves descriptors between the ones it keeps open. Older kernels lack this call,
    // and then only what others left open without O_CLOEXEC goes through.
    close_range(kDescriptors, ~0U, CLOSE_RANGE_CLOEXEC);
    return folder < 0 || fchdir(folder) == 0;
  }

  static void ResetSignals() {
    for (int signal_number = 1; signal_number < NSIG; ++signal_number) {
      signal(signal_number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }
};

std::vector<std::string> EnvironmentOf(const Command& command, const std::string& tag) {
  auto variables = command.environment;
  variables[std::string(protocol::kAnswerFdVariable)] = std::to_string(kAnswerDescriptor);
  variables[kChildVariable] = tag;
  std::vector<std::string> entries;
  entries.reserve(variables.size());
  for (const auto& [name, value] : variables) entries.push_back(fmt::format("{}={}", name, value));
  return entries;
}

Descriptor OpenFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  Descriptor opened(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) ThrowErrno(fmt::format("folder '{}'", folder.string()));
  return opened;
}

// Says more where the errno alone would mislead.
std::string ExecError(const std::filesystem::path& program, const std::error_code& error) {
  std::error_code ignored;
  if (error == std::errc::no_such_file_or_directory && std::filesystem::exists(program, ignored)) {
    return error.message() + " (it exists: the interpreter or dynamic linker it names does not)";
  }
  return error.message();
}

// Starts the program. Boost 1.81 leaves a zombie where it fails; this does not.
Process Execute(boost::asio::io_context& context, const Command& command, const std::string& tag,
                const ChildSetup& setup) {
  const std::vector<std::string> entries = EnvironmentOf(command, tag);
  std::vector<const char*> environment;
  environment.reserve(entries.size() + 1);
  for (const std::string& entry : entries) environment.push_back(entry.c_str());
  environment.push_back(nullptr);

  process::posix::default_launcher launcher;
  launcher.env = environment.data();
  const std::filesystem::path program = std::filesystem::absolute(command.argv.front());
  const std::vector<std::string> arguments(command.argv.begin() + 1, command.argv.end());
  process::error_code error;
  try {
    Process started = launcher(context.get_executor(), error,
                               process::filesystem::path(program.string()), arguments, setup);
    if (!error) return started;
    throw std::runtime_error(
        ExecError(program, std::error_code(error.value(), std::generic_category())));
  } catch (...) {
    if (launcher.pid > 0) {
      kill(launcher.pid, SIGKILL);
      waitpid(launcher.pid, nullptr, 0);
    }
    throw;
  }
}

// Boost 1.81 has one too, but keeps it to itself.
Descriptor ExitDescriptor(pid_t child) {
  Descriptor opened(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (opened.get() < 0) ThrowErrno("pidfd_open");
  return opened;
}

Launched LaunchOrThrow(boost::asio::io_context& context, const Command& command,
                       const std::string& tag) {
  const LowNumbersTaken low_numbers_taken;
  const Descriptor folder = OpenFolder(command.folder);
  Pipe input = MakePipe();
  Pipe output = MakePipe();
  Pipe errors = MakePipe();
  Pipe answer = MakePipe();
  Launched launched;
  const ChildSetup setup{
      {input.read.get(), output.write.get(), errors.write.get(), answer.write.get()},
      folder.get(),
      getpid()};
  launched.process.emplace(Execute(context, command, tag, setup));
  launched.exit = ExitDescriptor(launched.process->id());
  launched.input = std::move(input.write);
  launched.output = std::move(output.read);
  launched.errors = std::move(errors.read);
  launched.answer = std::move(answer.read);
  return launched;
}

}  // namespace

Launched Launch(boost::asio::io_context& context, const Command& command, const std::string& tag) {
  Launched failed;
  if (command.argv.empty()) {
    failed.error = "cannot start a child: its command is empty";
    return failed;
  }
  try {
    return LaunchOrThrow(context, command, tag);
  } catch (const std::exception& error) {
    failed.error = fmt::format("cannot start '{}': {}", command.argv.front(), error.what());
    return failed;
  }
}

}  // namespace portcullis::runner
