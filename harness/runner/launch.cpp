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

namespace portcullis::runner {
namespace {

namespace process = boost::process::v2;

// While this lives, descriptors 0 to 3 are taken, so that no pipe gets one of the numbers that
// the child's own will have.
class LowNumbersTaken {
 public:
  LowNumbersTaken() {
    while (true) {
      Descriptor taken(open("/dev/null", O_RDWR | O_CLOEXEC));
      if (taken.get() < 0) throw std::system_error(errno, std::generic_category(), "/dev/null");
      if (taken.get() >= kDescriptors) return;
      taken_.push_back(std::move(taken));
    }
  }

 private:
  std::vector<Descriptor> taken_;
};

// What the child does between fork and exec. Only async-signal-safe calls; errno tells the parent.
struct ChildSetup {
  std::array<int, kDescriptors> descriptors;  // become 0 to 3
  int folder;
  pid_t harness;

  using Error = process::error_code;
  using Path = process::filesystem::path;
  using Launcher = process::posix::default_launcher;

  Error on_setup(Launcher& launcher, const Path& /*program*/, const char* const* /*argv*/) const {
    launcher.fd_whitelist.push_back(kFourthDescriptor);
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
    return fchdir(folder) == 0;
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

// Says more where the errno alone would mislead.
std::string ExecError(const std::filesystem::path& program, const std::error_code& error) {
  std::error_code ignored;
  if (error == std::errc::no_such_file_or_directory && std::filesystem::exists(program, ignored)) {
    return error.message() + " (it exists: the interpreter or dynamic linker it names does not)";
  }
  return error.message();
}

// Starts the program. Boost 1.81 leaves a zombie where it fails; this does not.
Process Execute(boost::asio::io_context& context, const Command& command,
                const std::vector<std::string>& entries, const ChildSetup& setup) {
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

Launched LaunchOrThrow(boost::asio::io_context& context, const Command& command,
                       const std::string& tag, Fourth fourth) {
  const LowNumbersTaken low_numbers_taken;
  const Descriptor folder = OpenFolder(command);
  Channels channels = OpenChannels(fourth);
  const Ends& there = channels.there;
  const ChildSetup setup{
      {there.input.get(), there.output.get(), there.errors.get(), there.fourth.get()},
      folder.get(),
      getpid()};
  Launched launched;
  launched.life = std::make_unique<OwnLife>(
      Execute(context, command, EnvironmentEntries(command, tag, fourth), setup));
  launched.ends = std::move(channels.here);
  return launched;
}

}  // namespace

Launched Launch(boost::asio::io_context& context, const Command& command, const std::string& tag,
                Fourth fourth) {
  Launched failed;
  if (command.argv.empty()) {
    failed.error = "cannot start a child: its command is empty";
    return failed;
  }
  try {
    return LaunchOrThrow(context, command, tag, fourth);
  } catch (const std::exception& error) {
    failed.error = fmt::format("cannot start '{}': {}", command.argv.front(), error.what());
    return failed;
  }
}

}  // namespace portcullis::runner
