#include "harness/verdict/observation.h"

#include <fmt/format.h>

#include "src/portability/error_catalog.h"

namespace portcullis::verdict {

std::string OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLoaded:
      return "loaded";
    case Outcome::kRaised:
      return "raised";
    case Outcome::kUnsupported:
      return "unsupported";
    case Outcome::kCrashed:
      return "crashed";
    case Outcome::kExited:
      return "exited";
    case Outcome::kTimedOut:
      return "timed out";
    case Outcome::kProtocolError:
      return "protocol error";
    case Outcome::kNotStarted:
      return "not started";
    case Outcome::kStopped:
      return "stopped";
  }
  return "";
}

std::string Observation::Text() const {
  switch (outcome) {
    case Outcome::kRaised: {
      const auto* error = portability::ClassifyError(error_whole);
      return fmt::format("raised {} in {}: {}", error == nullptr ? "an unnamed error" : error->id,
                         phase, error_short);
    }
    case Outcome::kCrashed:
      return fmt::format("crashed by signal {}", signal.value_or(0));
    case Outcome::kExited:
      return fmt::format("exited with {} and no answer: {}", exit_code.value_or(0), trouble);
    case Outcome::kUnsupported:
      return fmt::format("unsupported: {}", error_short);
    case Outcome::kProtocolError:
    case Outcome::kNotStarted:
      return fmt::format("{}: {}", OutcomeName(outcome), trouble);
    case Outcome::kLoaded:
    case Outcome::kTimedOut:
    case Outcome::kStopped:
      return OutcomeName(outcome);
  }
  return "";
}

}  // namespace portcullis::verdict
