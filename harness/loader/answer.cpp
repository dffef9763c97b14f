#include "harness/loader/answer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/loader/descriptor_variable.h"
#include "harness/loader/protocol.h"

namespace portcullis::loader {
namespace {

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kStart:
    case Phase::kLoad:
      return protocol::kPhaseLoad;
    case Phase::kMove:
      return protocol::kPhaseMove;
    case Phase::kUse:
      return protocol::kPhaseUse;
    case Phase::kReadBack:
      return protocol::kPhaseReadBack;
  }
  return protocol::kPhaseLoad;
}

nlohmann::ordered_json ErrorOf(const Answer& answer) {
  if (answer.error_type.empty()) return nullptr;
  return {{"type", answer.error_type}, {"text", answer.error_text}};
}

}  // namespace

int AnswerFd() { return DescriptorNamedBy(protocol::kAnswerFdVariable); }

void WriteAnswer(int fd, const Request& request, const Answer& answer, const Clock& clock) {
  nlohmann::ordered_json message = {
      {"protocol", protocol::kVersion},
      {"case", request.case_id},
      {"runtime", {{"language", "cpp"}, {"torch", answer.torch}, {"cuda", answer.cuda}}},
      {"outcome", answer.outcome},
      {"phase", PhaseName(clock.phase())},
      {"tensors", answer.tensors},
      {"values", answer.values},
      {"error", ErrorOf(answer)},
  };
  for (const Phase phase : {Phase::kLoad, Phase::kMove, Phase::kUse, Phase::kReadBack}) {
    message["seconds"][std::string(PhaseName(phase))] = clock.seconds(phase);
  }
  // Texts of a hostile checkpoint need not be UTF-8.
  std::string line = message.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw BadRequest(std::string("cannot write the answer: ") +
                       std::strerror(errno));  // NOLINT: one thread
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace portcullis::loader
