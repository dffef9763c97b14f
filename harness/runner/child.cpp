#include "harness/runner/child.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "harness/runner/resident.h"

namespace portcullis::runner {
namespace {

using namespace std::chrono_literals;

constexpr auto kTermGrace = 500ms;    // between SIGTERM and SIGKILL
constexpr auto kSweepGrace = 1000ms;  // for killed processes to die and their pipes to close
constexpr auto kSweepPause = 2ms;
constexpr auto kMemoryPause = 10ms;  // between two looks at a child's memory

void SetLimit(pid_t process, __rlimit_resource resource, std::optional<std::uint64_t> most) {
  if (!most) return;
  const rlimit limit{*most, *most};
  prlimit(process, resource, &limit, nullptr);  // fails only if it has ended
}

void SetLimits(pid_t process, const Limits& limits) {
  SetLimit(process, RLIMIT_NOFILE, limits.open_files);
}

}  // namespace

Child::Child(boost::asio::io_context& context, Strays& strays, Command command, std::string tag,
             std::function<void(Ended)> ended)
    : context_(context),
      strays_(strays),
      command_(std::move(command)),
      tag_(std::move(tag)),
      on_end_(std::move(ended)),
      exit_(context),
      timer_(context),
      memory_timer_(context),
      input_(context),
      output_text_(command_.output_limit),
      errors_text_(command_.output_limit),
      output_(context, [this](std::string_view bytes) { output_text_.Append(bytes); }),
      errors_(context, [this](std::string_view bytes) { errors_text_.Append(bytes); }),
      answer_(context, [this](std::string_view bytes) { TakeAnswer(bytes); }) {}

Child::~Child() = default;

void Child::Start() { Start(Launch(context_, command_, tag_, Fourth::kAnswerPipe)); }

Descriptor Child::StartServing() {
  Launched launched = Launch(context_, command_, tag_, Fourth::kSocket);
  Descriptor socket = std::move(launched.ends.fourth);
  Start(std::move(launched));
  return socket;
}

void Child::Start(Launched launched) {
  started_at_ = Clock::now();
  if (!launched.error.empty()) {
    ended_.start_error = launched.error;
    boost::asio::post(context_, [self = shared_from_this()] { self->Finish(); });
    return;
  }
  life_ = std::move(launched.life);
  pid_ = life_->pid();
  strays_.Own(pid_);
  SetLimits(pid_, command_.limits);  // it has not read its input yet
  exit_.assign(dup(life_->news()));
  WatchExit();
  Listen(std::move(launched.ends));
  After(command_.deadline, [](Child& child) { child.OnDeadline(); });
  if (command_.limits.memory_bytes) WatchMemory();
}

template <typename Handler>
void Child::After(Clock::duration delay, Handler handler) {
  timer_.expires_after(delay);
  timer_.async_wait([self = shared_from_this(), handler](const boost::system::error_code& error) {
    if (!error) handler(*self);
  });
}

void Child::Listen(Ends ends) {
  const auto self = shared_from_this();
  const auto at_end = [this] {
    if (!life_) Sweep();
  };
  output_.Start(std::move(ends.output), self, at_end);
  errors_.Start(std::move(ends.errors), self, at_end);
  if (ends.fourth.get() >= 0) answer_.Start(std::move(ends.fourth), self, at_end);
  Feed(std::move(ends.input));
}

// A child that does not read its input, or not all of it, is none of our business.
void Child::Feed(Descriptor pipe) {
  input_.assign(pipe.Release());
  boost::asio::async_write(
      input_, boost::asio::buffer(command_.input),
      [self = shared_from_this()](const boost::system::error_code& /*error*/, std::size_t) {
        boost::system::error_code ignored;
        self->input_.close(ignored);
      });
}

void Child::WatchExit() {
  exit_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this()](const boost::system::error_code& error) {
                     if (!error) self->OnExit();
                   });
}

void Child::Signal(int signal_number) const {
  kill(-pid_, signal_number);
  if (getpgid(pid_) != pid_) kill(pid_, signal_number);  // it joined another group
}

// Asking whether a forked child has exited takes the news from the socket: nothing else would wake
// us then.
bool Child::HasExited() {
  if (!life_->HasExited()) return false;
  boost::asio::post(context_, [self = shared_from_this()] { self->OnExit(); });
  return true;
}

void Child::OnDeadline() {
  if (!life_ || HasExited()) return;
  ended_.timed_out = true;
  Terminate();
}

void Child::WatchMemory() {
  if (!life_) return;
  if (const std::uint64_t most = *command_.limits.memory_bytes; ResidentBytes(pid_) > most) {
    ended_.over_limit = fmt::format("it had more than {} MiB of memory", most >> 20U);
    return Kill();
  }
  memory_timer_.expires_after(kMemoryPause);
  memory_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->WatchMemory();
  });
}

void Child::Stop() {
  if (!life_ || ending_ || HasExited()) return;
  ended_.stopped = true;
  Terminate();
}

void Child::Terminate() {
  ending_ = true;
  Signal(SIGTERM);
  Signal(SIGCONT);  // a stopped process would not see it
  After(kTermGrace, [](Child& child) { child.Kill(); });
}

void Child::Kill() {
  if (life_) Signal(SIGKILL);
}

void Child::OnExit() {
  if (!life_) return;
  if (!life_->HasExited())
    return WatchExit();  // Asio may wake us for a descriptor of the same number
  Signal(SIGKILL);       // whoever of its group stayed behind
  ended_.seconds = Clock::now() - started_at_;
  life_->TellEnd(ended_);
  life_.reset();
  strays_.Disown(pid_);
  swept_by_ = Clock::now() + kSweepGrace;
  memory_timer_.cancel();
  Sweep();
}

// Ends what the child left behind, and hears its pipes out.
void Child::Sweep() {
  if (!on_end_) return;
  const bool swept = strays_.Kill(tag_) == 0;
  const bool heard = output_.at_end() && errors_.at_end() && answer_.at_end();
  if ((swept && heard) || Clock::now() >= swept_by_) return Finish();
  After(kSweepPause, [](Child& child) { child.Sweep(); });
}

void Child::Finish() {
  timer_.cancel();
  for (Reader* reader : {&output_, &errors_, &answer_}) reader->Close();
  boost::system::error_code ignored;
  input_.close(ignored);
  exit_.close(ignored);
  ended_.output = output_text_.Text();
  ended_.errors = errors_text_.Text();
  const auto on_end = std::exchange(on_end_, nullptr);
  if (on_end) on_end(std::move(ended_));
}

void Child::TakeAnswer(std::string_view bytes) {
  const std::size_t room = kAnswerLimit - ended_.answer.size();
  ended_.answer.append(bytes.substr(0, room));
  if (bytes.size() > room) ended_.answer_too_long = true;
}

}  // namespace portcullis::runner
