#include "harness/runner/life.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "harness/loader/protocol.h"
#include "harness/runner/packet.h"

namespace portcullis::runner {
namespace {

// Boost 1.81 has one too, but keeps it to itself.
Descriptor ExitDescriptor(pid_t child) {
  Descriptor opened(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (opened.get() < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  return opened;
}

// The number behind `word` and a space, if that is all there is.
std::optional<int> NumberAfter(std::string_view word, std::string_view text) {
  if (!text.starts_with(word) || text.size() <= word.size() + 1) return std::nullopt;
  text.remove_prefix(word.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

OwnLife::OwnLife(Process process)
    : process_(std::move(process)), pid_(process_.id()), descriptor_(ExitDescriptor(pid_)) {}

OwnLife::~OwnLife() {
  if (process_.is_open() && pid_ > 0) kill(-pid_, SIGKILL);  // Boost's destructor kills and waits
}

bool OwnLife::HasExited() {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid_;
}

void OwnLife::TellEnd(Ended& ended) {
  boost::process::v2::error_code error;
  process_.running(error);  // waits for it
  if (error) ended.start_error = "nobody knows how it ended: something else waited for it";
  const int status = process_.native_exit_code();
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  process_.detach();  // or Boost would kill whoever gets its number next
  pid_ = 0;
}

ForkedLife::~ForkedLife() {
  if (!end_) kill(-pid_, SIGKILL);
}

bool ForkedLife::HasExited() {
  if (end_) return true;
  const Packet packet = ReceivePacket(socket_);
  if (packet.kind == Packet::Kind::kNone) return false;
  end_.emplace();
  end_->exit_code = NumberAfter(protocol::kExited, packet.text);
  end_->signal = NumberAfter(protocol::kKilled, packet.text);
  if (packet.kind == Packet::Kind::kEnd) {
    end_->lost = "the warm loader ended in the middle of the case";
  } else if (!end_->exit_code && !end_->signal) {
    end_->lost = fmt::format("the warm loader said '{}', expected how the case ended",
                             Shortened(packet.text));
  }
  return true;
}

void ForkedLife::TellEnd(Ended& ended) {
  ended.exit_code = end_->exit_code;
  ended.signal = end_->signal;
  ended.lost = end_->lost;
}

}  // namespace portcullis::runner
