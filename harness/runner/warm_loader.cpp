#include "harness/runner/warm_loader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <exception>
#include <tuple>
#include <utility>

#include "harness/loader/protocol.h"
#include "harness/runner/packet.h"

namespace portcullis::runner {
namespace {

using namespace std::chrono_literals;

constexpr auto kForever = 24h * 365;  // the process as such has no deadline

double InSeconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string LastWords(const std::string& errors) {
  constexpr std::size_t kMost = 600;
  if (errors.empty()) return "";
  return ": " + (errors.size() <= kMost ? errors : "…" + errors.substr(errors.size() - kMost));
}

std::string HowItEnded(const Ended& ended) {
  if (!ended.start_error.empty()) return ended.start_error;
  if (ended.signal) return fmt::format("it was ended by signal {}", *ended.signal);
  return fmt::format("it exited with {}", ended.exit_code.value_or(-1));
}

}  // namespace

bool Warm::operator<(const Warm& other) const {
  return std::tie(argv, environment) < std::tie(other.argv, other.environment);
}

WarmLoader::WarmLoader(boost::asio::io_context& context, Strays& strays, Warm warm, std::string tag)
    : context_(context),
      strays_(strays),
      warm_(std::move(warm)),
      tag_(std::move(tag)),
      readable_(context),
      timer_(context) {}

void WarmLoader::Start() {
  Command command;
  command.argv = warm_.argv;
  command.environment = warm_.environment;
  command.folder = "/";
  command.deadline = kForever;
  process_ = std::make_shared<Child>(
      context_, strays_, std::move(command), tag_,
      [self = shared_from_this()](const Ended& ended) { self->OnEnd(ended); });
  socket_ = process_->StartServing();
  if (socket_.get() < 0) return;  // OnEnd() says why
  readable_.assign(dup(socket_.get()));
  GiveUpAfter(warm_.start_deadline,
              fmt::format("it was not ready within {} s", InSeconds(warm_.start_deadline)));
  Listen();
}

void WarmLoader::Fork(const Command& command, std::function<void(Launched)> forked) {
  command_ = command;
  forked_ = std::move(forked);
  if (ready_) HandOver();
}

void WarmLoader::Listen() {
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && !self->ending_) self->OnPacket();
                       });
}

void WarmLoader::OnPacket() {
  const Packet packet = ReceivePacket(socket_.get());
  if (packet.kind == Packet::Kind::kNone) return Listen();
  if (packet.kind == Packet::Kind::kEnd) return;  // OnEnd() will say more, or the timer
  if (ready_) return TakeChild(packet.text);
  if (packet.text != protocol::kReady) {
    return GiveUp(
        fmt::format("it said '{}', expected '{}'", Shortened(packet.text), protocol::kReady));
  }
  ready_ = true;
  timer_.cancel();
  if (forked_) HandOver();
}

// The command's environment in one packet, with the child's ends of its pipes and its folder.
void WarmLoader::HandOver() {
  try {
    const Descriptor folder = OpenFolder(command_);
    Channels channels = OpenChannels(Fourth::kAnswerPipe);
    const Ends& there = channels.there;
    const std::array descriptors = {there.input.get(), there.output.get(), there.errors.get(),
                                    there.fourth.get(), folder.get()};
    std::string entries;
    for (const std::string& entry : EnvironmentEntries(command_, tag_, Fourth::kAnswerPipe)) {
      entries += entry + '\0';
    }
    SendPacket(socket_.get(), entries, descriptors);
    ends_ = std::move(channels.here);
  } catch (const std::exception& error) {
    return GiveUp(fmt::format("it could not be handed the case: {}", error.what()));
  }
  GiveUpAfter(warm_.fork_deadline,
              fmt::format("it did not fork within {} s", InSeconds(warm_.fork_deadline)));
  Listen();
}

// From here to the child's end, the child's life listens to the socket.
void WarmLoader::TakeChild(const std::string& said) {
  const std::string word = std::string(protocol::kForked) + " ";
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(said.data() + std::min(word.size(), said.size()),
                                            said.data() + said.size(), pid);
  const bool understood =
      said.starts_with(word) && error == std::errc() && end == said.data() + said.size() && pid > 1;
  if (!understood) {
    return GiveUp(fmt::format("it said '{}', expected '{}NUMBER'", Shortened(said), word));
  }
  timer_.cancel();
  Launched launched;
  launched.life = std::make_unique<ForkedLife>(pid, socket_.get());
  launched.ends = std::move(ends_);
  std::exchange(forked_, nullptr)(std::move(launched));
}

void WarmLoader::GiveUpAfter(std::chrono::milliseconds deadline, std::string trouble) {
  timer_.expires_after(deadline);
  timer_.async_wait([self = shared_from_this(),
                     trouble = std::move(trouble)](const boost::system::error_code& error) {
    if (!error) self->GiveUp(trouble);
  });
}

void WarmLoader::GiveUp(std::string trouble) {
  if (ending_) return;
  trouble_ = std::move(trouble);
  Kill();
}

void WarmLoader::Kill() {
  ending_ = true;
  timer_.cancel();
  if (process_) process_->Kill();
}

void WarmLoader::OnEnd(const Ended& ended) {
  ending_ = true;
  timer_.cancel();
  boost::system::error_code ignored;
  readable_.close(ignored);
  process_.reset();
  if (!forked_) return;
  Launched none;
  none.error =
      fmt::format("the warm loader ({}) was of no use: {}{}", fmt::join(warm_.argv, " "),
                  trouble_.empty() ? HowItEnded(ended) : trouble_, LastWords(ended.errors));
  std::exchange(forked_, nullptr)(std::move(none));
}

bool WarmLoader::HungUp() const { return runner::HungUp(socket_.get()); }

}  // namespace portcullis::runner
