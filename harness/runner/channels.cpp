#include "harness/runner/channels.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "harness/loader/protocol.h"
#include "harness/runner/packet.h"
#include "harness/runner/strays.h"

namespace portcullis::runner {
namespace {

[[noreturn]] void ThrowErrno(const std::string& doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

struct Pipe {
  Descriptor read, write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) ThrowErrno("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

Channels OpenChannels(Fourth fourth) {
  Pipe input = MakePipe();
  Pipe output = MakePipe();
  Pipe errors = MakePipe();
  Channels channels;
  channels.here = {std::move(input.write), std::move(output.read), std::move(errors.read), {}};
  channels.there = {std::move(input.read), std::move(output.write), std::move(errors.write), {}};
  if (fourth == Fourth::kSocket) {
    SocketPair pair = OpenSocketPair();
    channels.here.fourth = std::move(pair.here);
    channels.there.fourth = std::move(pair.there);
  } else {
    Pipe answer = MakePipe();
    channels.here.fourth = std::move(answer.read);
    channels.there.fourth = std::move(answer.write);
  }
  return channels;
}

std::vector<std::string> EnvironmentEntries(const Command& command, const std::string& tag,
                                            Fourth fourth) {
  auto variables = command.environment;
  const bool serves = fourth == Fourth::kSocket;
  variables[std::string(serves ? protocol::kServeFdVariable : protocol::kAnswerFdVariable)] =
      std::to_string(kFourthDescriptor);
  variables[kChildVariable] = tag;
  std::vector<std::string> entries;
  entries.reserve(variables.size());
  for (const auto& [name, value] : variables) entries.push_back(fmt::format("{}={}", name, value));
  return entries;
}

Descriptor OpenFolder(const Command& command) {
  const std::string folder = command.folder.empty() ? "." : command.folder.string();
  Descriptor opened(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) ThrowErrno(fmt::format("folder '{}'", folder));
  return opened;
}

}  // namespace portcullis::runner
