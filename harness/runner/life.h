// Owns: how the end of a started child is learnt: of one that this process started itself (it is
// its parent), or of one that a warm loader forked (which tells).
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/process.hpp>
#include <optional>
#include <string>

#include "harness/runner/descriptor.h"
#include "harness/runner/runner.h"

namespace portcullis::runner {

using Process = boost::process::v2::basic_process<boost::asio::io_context::executor_type>;

class Life {
 public:
  Life() = default;
  virtual ~Life() = default;
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  virtual pid_t pid() const = 0;
  // Readable when HasExited() may have become true.
  virtual int news() const = 0;
  // Does not wait for the child: its number, which is its group's too, stays its own.
  virtual bool HasExited() = 0;
  // Once, when HasExited(): says how it ended. Its number may be another's from now on.
  virtual void TellEnd(Ended& ended) = 0;
};

// A child of this process.
class OwnLife : public Life {
 public:
  // Throws std::system_error if the kernel has no pidfd_open(2); the child is then left as it is.
  explicit OwnLife(Process process);
  ~OwnLife() override;  // kills it, if nobody waited for it, and waits
  pid_t pid() const override { return pid_; }
  int news() const override { return descriptor_.get(); }
  bool HasExited() override;
  void TellEnd(Ended& ended) override;

 private:
  Process process_;
  pid_t pid_;
  Descriptor descriptor_;
};

// A child of a warm loader, which says on its socket when the child has ended, and waits for it
// only when it gets the next case.
class ForkedLife : public Life {
 public:
  // `socket` is the loader's, from which nobody else reads meanwhile.
  ForkedLife(pid_t pid, int socket) : pid_(pid), socket_(socket) {}
  ~ForkedLife() override;  // kills it, if the loader has not told its end
  pid_t pid() const override { return pid_; }
  int news() const override { return socket_; }
  bool HasExited() override;
  void TellEnd(Ended& ended) override;

 private:
  pid_t pid_;
  int socket_;
  std::optional<Ended> end_;
};

}  // namespace portcullis::runner
