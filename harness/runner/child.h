// Owns: one child, from its start to the end of everything that it started.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/runner/excerpt.h"
#include "harness/runner/launch.h"
#include "harness/runner/reader.h"
#include "harness/runner/runner.h"
#include "harness/runner/strays.h"

namespace portcullis::runner {

class Child : public std::enable_shared_from_this<Child> {
 public:
  // `tag` is this child's alone. `ended` is called once, later, from the context.
  Child(boost::asio::io_context& context, Strays& strays, Command command, std::string tag,
        std::function<void(Ended)> ended);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Starts the command in a fresh process.
  void Start();
  // The same, of a warm loader: its socket, or none if it did not start. It has no answer pipe.
  Descriptor StartServing();
  // Takes over a child that a warm loader forked for the command.
  void Start(Launched launched);
  void Stop();  // SIGTERM, and SIGKILL after a grace
  void Kill();  // SIGKILL

 private:
  using Clock = std::chrono::steady_clock;
  template <typename Handler>
  void After(Clock::duration delay, Handler handler);
  void Listen(Ends ends);
  void Feed(Descriptor pipe);
  void WatchExit();
  bool HasExited();
  void OnDeadline();
  void WatchMemory();
  void Terminate();
  void OnExit();
  void Sweep();
  void Finish();

  void Signal(int signal_number) const;
  void TakeAnswer(std::string_view bytes);

  boost::asio::io_context& context_;
  Strays& strays_;
  Command command_;
  std::string tag_;
  std::function<void(Ended)> on_end_;

  std::unique_ptr<Life> life_;  // until its end has been told
  pid_t pid_ = 0;
  boost::asio::posix::stream_descriptor exit_;  // readable when the child has ended
  boost::asio::steady_timer timer_;             // the deadline, then the grace, then sweeping
  boost::asio::steady_timer memory_timer_;      // until it is looked at again
  boost::asio::writable_pipe input_;
  Excerpt output_text_, errors_text_;
  Reader output_, errors_, answer_;
  Clock::time_point started_at_, swept_by_;
  bool ending_ = false;  // SIGTERM has been sent
  Ended ended_;
};

}  // namespace portcullis::runner
