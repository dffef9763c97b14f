#include "harness/runner/runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <deque>
#include <map>
#include <utility>

#include "harness/runner/child.h"
#include "harness/runner/strays.h"

namespace portcullis::runner {
namespace {

// Sets what a signal does, and sets it back.
class SignalAction {
 public:
  SignalAction(int signal_number, void (*action)(int)) : signal_number_(signal_number) {
    struct sigaction wanted {};
    wanted.sa_handler = action;
    sigaction(signal_number_, &wanted, &before_);
  }
  ~SignalAction() { sigaction(signal_number_, &before_, nullptr); }
  SignalAction(const SignalAction&) = delete;
  SignalAction& operator=(const SignalAction&) = delete;

 private:
  int signal_number_;
  struct sigaction before_ {};
};

}  // namespace

class Runner::Impl {
 public:
  explicit Impl(int jobs) : jobs_(static_cast<std::size_t>(std::max(jobs, 1))) {}

  void Submit(Command command, std::function<void(Ended)> done) {
    if (!stopping_) queue_.push_back({std::move(command), std::move(done)});
  }

  void Run() {
    // Writing to a child that has closed its input must be an error, not the end of this process;
    // and with SIGCHLD ignored, as it may be inherited, the kernel would not tell how a child
    // ended.
    const SignalAction no_end(SIGPIPE, SIG_IGN);
    const SignalAction tell(SIGCHLD, SIG_DFL);
    strays_.emplace();
    if (catch_signals_) {
      signals_.emplace(context_, SIGINT, SIGTERM);
      AwaitSignal();
    }
    try {
      StartMore();
      RunUntilAllEnded();
    } catch (...) {
      Abandon();
      CleanUp();
      throw;
    }
    CleanUp();
  }

  void Stop() {
    queue_.clear();
    stopping_ = in_run();
    for (const auto& [number, child] : running_) child->Stop();
  }

  void StopOnSignals() { catch_signals_ = true; }
  std::optional<int> interrupted() const { return interrupted_; }

 private:
  struct Queued {
    Command command;
    std::function<void(Ended)> done;
  };

  bool in_run() const { return strays_.has_value(); }

  void StartMore() {
    while (running_.size() < jobs_ && !queue_.empty()) {
      Queued next = std::move(queue_.front());
      queue_.pop_front();
      const std::uint64_t number = ++started_;
      auto child = std::make_shared<Child>(
          context_, *strays_, std::move(next.command), fmt::format("{}.{}", getpid(), number),
          [this, number, done = std::move(next.done)](Ended ended) {
            running_.erase(number);
            if (abandoned_) return;
            done(std::move(ended));
            StartMore();
          });
      running_[number] = child;
      child->Start();
    }
  }

  void RunUntilAllEnded() {
    while (!running_.empty()) {
      context_.restart();
      context_.run_one();
    }
  }

  void AwaitSignal() {
    signals_->async_wait([this](const boost::system::error_code& error, int signal_number) {
      if (error) return;
      const bool again = std::exchange(signalled_, true);
      interrupted_ = signal_number;
      Stop();
      if (again) {
        for (const auto& [number, child] : running_) child->Kill();
      }
      AwaitSignal();
    });
  }

  // A callback threw: nobody wants the rest any more.
  void Abandon() {
    abandoned_ = true;
    queue_.clear();
    for (const auto& [number, child] : running_) child->Kill();
    RunUntilAllEnded();
    abandoned_ = false;
  }

  void CleanUp() {
    signals_.reset();
    context_.restart();
    context_.poll();  // handlers of cancelled waits, which keep ended children alive
    strays_.reset();
    stopping_ = signalled_ = false;
  }

  std::size_t jobs_;
  boost::asio::io_context context_;
  std::optional<Strays> strays_;
  std::optional<boost::asio::signal_set> signals_;
  std::deque<Queued> queue_;
  std::map<std::uint64_t, std::shared_ptr<Child>> running_;
  std::uint64_t started_ = 0;
  bool stopping_ = false, abandoned_ = false, catch_signals_ = false, signalled_ = false;
  std::optional<int> interrupted_;
};

Runner::Runner(int jobs) : impl_(std::make_unique<Impl>(jobs)) {}
Runner::~Runner() = default;

void Runner::Submit(Command command, std::function<void(Ended)> done) {
  impl_->Submit(std::move(command), std::move(done));
}

void Runner::Run() { impl_->Run(); }
void Runner::Stop() { impl_->Stop(); }
void Runner::StopOnSignals() { impl_->StopOnSignals(); }
std::optional<int> Runner::interrupted() const { return impl_->interrupted(); }

}  // namespace portcullis::runner
