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
#include "harness/runner/warm_pool.h"

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
    warm_pool_.emplace(context_, *strays_);
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

  void EndIdle(const Warm& warm) {
    if (in_run()) warm_pool_->EndIdle(warm);
  }

  void Stop() {
    queue_.clear();
    stopping_ = in_run();
    for (const auto& [number, job] : running_) {
      if (job.child) {
        job.child->Stop();
      } else {
        job.loader->Kill();
      }
    }
  }

  void StopOnSignals() { catch_signals_ = true; }
  std::optional<int> interrupted() const { return interrupted_; }

 private:
  struct Queued {
    Command command;
    std::function<void(Ended)> done;
  };
  // One that runs. A warm loader has no child for it at first.
  struct Job {
    std::function<void(Ended)> done;
    std::vector<std::string> resources;
    bool waits = false;
    std::shared_ptr<WarmLoader> loader;  // null: a fresh process
    std::shared_ptr<Child> child;
  };

  bool in_run() const { return strays_.has_value(); }

  bool IsFree(const std::string& resource) const {
    return std::none_of(running_.begin(), running_.end(), [&](const auto& numbered) {
      const auto& taken = numbered.second.resources;
      return std::find(taken.begin(), taken.end(), resource) != taken.end();
    });
  }

  // The first in the queue for which there is a place, and whose resources are free.
  std::deque<Queued>::iterator NextInQueue() {
    const auto taken = static_cast<std::size_t>(
        std::count_if(running_.begin(), running_.end(),
                      [](const auto& numbered) { return !numbered.second.waits; }));
    return std::find_if(queue_.begin(), queue_.end(), [&](const Queued& queued) {
      if (taken >= jobs_ && !queued.command.waits) return false;
      const auto& wanted = queued.command.resources;
      return std::all_of(wanted.begin(), wanted.end(),
                         [&](const std::string& resource) { return IsFree(resource); });
    });
  }

  void StartMore() {
    for (auto place = NextInQueue(); place != queue_.end(); place = NextInQueue()) {
      Queued next = std::move(*place);
      queue_.erase(place);
      const std::uint64_t number = ++started_;
      Job& job = running_[number];
      job.done = std::move(next.done);
      job.resources = std::move(next.command.resources);
      job.waits = next.command.waits;
      if (next.command.warm) job.loader = warm_pool_->Take(*next.command.warm);
      if (job.loader) {
        StartWarm(number, job.loader, next.command);
      } else {
        MakeChild(number, std::move(next.command), fmt::format("{}.{}", getpid(), number)).Start();
      }
    }
  }

  void StartWarm(std::uint64_t number, const std::shared_ptr<WarmLoader>& loader,
                 const Command& command) {
    loader->Fork(command, [=, this](Launched launched) {
      if (!launched.error.empty()) {
        Ended ended;
        ended.lost = launched.error;
        return Finish(number, std::move(ended));
      }
      Child& child = MakeChild(number, command, loader->tag());
      child.Start(std::move(launched));
      if (stopping_) child.Stop();
    });
  }

  Child& MakeChild(std::uint64_t number, Command command, std::string tag) {
    auto& child = running_.at(number).child;
    child = std::make_shared<Child>(context_, *strays_, std::move(command), std::move(tag),
                                    [=, this](Ended ended) { Finish(number, std::move(ended)); });
    return *child;
  }

  void Finish(std::uint64_t number, Ended ended) {
    const Job job = std::move(running_.extract(number).mapped());
    if (job.loader) warm_pool_->GiveBack(job.loader, !ended.lost.empty());
    if (abandoned_) return;
    if (stopping_ && !job.child) {  // Stop() ended the loader
      ended.lost.clear();
      ended.stopped = true;
    }
    job.done(std::move(ended));
    StartMore();
  }

  void RunUntilAllEnded() {
    while (!running_.empty()) RunOneHandler();
  }

  void RunOneHandler() {
    context_.restart();
    context_.run_one();
  }

  void KillAll() {
    for (const auto& [number, job] : running_) {
      if (job.child) {
        job.child->Kill();
      } else {
        job.loader->Kill();
      }
    }
  }

  void AwaitSignal() {
    signals_->async_wait([this](const boost::system::error_code& error, int signal_number) {
      if (error) return;
      const bool again = std::exchange(signalled_, true);
      interrupted_ = signal_number;
      Stop();
      if (again) {
        KillAll();
      }
      AwaitSignal();
    });
  }

  // A callback threw: nobody wants the rest any more.
  void Abandon() {
    abandoned_ = true;
    queue_.clear();
    KillAll();
    RunUntilAllEnded();
    abandoned_ = false;
  }

  void CleanUp() {
    warm_pool_->Kill();
    while (!warm_pool_->AllHaveEnded()) RunOneHandler();
    warm_pool_.reset();
    signals_.reset();
    context_.restart();
    context_.poll();  // handlers of cancelled waits, which keep ended children alive
    strays_.reset();
    stopping_ = signalled_ = false;
  }

  std::size_t jobs_;
  boost::asio::io_context context_;
  std::optional<Strays> strays_;
  std::optional<WarmPool> warm_pool_;
  std::optional<boost::asio::signal_set> signals_;
  std::deque<Queued> queue_;
  std::map<std::uint64_t, Job> running_;
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
void Runner::EndIdle(const Warm& warm) { impl_->EndIdle(warm); }
void Runner::Stop() { impl_->Stop(); }
void Runner::StopOnSignals() { impl_->StopOnSignals(); }
std::optional<int> Runner::interrupted() const { return impl_->interrupted(); }

}  // namespace portcullis::runner
