#include "harness/verdict/observation.h"

#include <fmt/format.h>

#include "src/portability/error_catalog.h"

namespace portcullis::verdict {
namespace {

std::string TextOfOutcome(const Observation& seen) {
  switch (seen.outcome) {
    case Outcome::kRaised: {
      const auto* error = portability::ClassifyError(seen.error_whole);
      return fmt::format("raised {} in {}: {}", error == nullptr ? "an unnamed error" : error->id,
                         seen.phase, seen.error_short);
    }
    case Outcome::kCrashed:
      return fmt::format("crashed by signal {}{}", seen.signal.value_or(0),
                         seen.over_limit.empty() ? "" : ": " + seen.over_limit);
    case Outcome::kExited:
      return fmt::format("exited with {} and no answer: {}", seen.exit_code.value_or(0),
                         seen.trouble);
    case Outcome::kUnsupported:
      return fmt::format("unsupported: {}", seen.error_short);
    case Outcome::kProtocolError:
    case Outcome::kNotStarted:
      return fmt::format("{}: {}", OutcomeName(seen.outcome), seen.trouble);
    case Outcome::kLoaded:
    case Outcome::kTimedOut:
    case Outcome::kStopped:
      return OutcomeName(seen.outcome);
  }
  return "";
}

}  // namespace

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
  const std::string seen = TextOfOutcome(*this);
  return again.empty() ? seen : fmt::format("{} (run again in a fresh process: {})", seen, again);
}

}  // namespace portcullis::verdict
