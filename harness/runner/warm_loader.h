// Owns: one warm loader: its process, its socket, and handing it one command after the other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "harness/runner/channels.h"
#include "harness/runner/child.h"
#include "harness/runner/launch.h"
#include "harness/runner/runner.h"
#include "harness/runner/strays.h"

namespace portcullis::runner {

class WarmLoader : public std::enable_shared_from_this<WarmLoader> {
 public:
  // `tag` is this loader's alone, and of the children that it forks, one at a time.
  WarmLoader(boost::asio::io_context& context, Strays& strays, Warm warm, std::string tag);
  WarmLoader(const WarmLoader&) = delete;
  WarmLoader& operator=(const WarmLoader&) = delete;

  void Start();
  // Has the loader fork for a command, as soon as it is ready. `forked` is called once, later,
  // with the child, which must have ended before the next Fork(), or with an error: the loader is
  // then of no use any more, and nobody knows how far the command got.
  void Fork(const Command& command, std::function<void(Launched)> forked);
  void Kill();

  bool IsAlive() const { return process_ != nullptr && !ending_ && !HungUp(); }
  bool HasEnded() const { return process_ == nullptr; }
  const Warm& warm() const { return warm_; }
  const std::string& tag() const { return tag_; }

 private:
  void Listen();
  void OnPacket();
  void HandOver();
  void TakeChild(const std::string& said);
  void GiveUpAfter(std::chrono::milliseconds deadline, std::string trouble);
  void GiveUp(std::string trouble);
  void OnEnd(const Ended& ended);
  bool HungUp() const;

  boost::asio::io_context& context_;
  Strays& strays_;
  Warm warm_;
  std::string tag_;
  std::shared_ptr<Child> process_;  // until it has ended
  Descriptor socket_;
  boost::asio::posix::stream_descriptor readable_;  // the socket again, to wait for
  boost::asio::steady_timer timer_;                 // for what it should say next
  bool ready_ = false, ending_ = false;
  std::string trouble_;  // why it was ended

  Command command_;  // the one under way
  std::function<void(Launched)> forked_;
  Ends ends_;  // of the child that it should fork
};

}  // namespace portcullis::runner
