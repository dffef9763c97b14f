// Owns: what happened in one case, as data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/runner/answer.h"

namespace portcullis::verdict {

using SeenTensor = runner::FoundTensor;

enum class Outcome {
  kLoaded,
  kRaised,       // the runtime said no
  kUnsupported,  // this loader has no way to do that
  kCrashed,      // ended by a signal
  kExited,       // ended without an answer
  kTimedOut,
  kProtocolError,  // an answer that is none
  kNotStarted,
  kStopped,  // the harness was interrupted
};
// "loaded", "raised", "unsupported", "crashed", "exited", "timed out", "protocol error",
// "not started", "stopped".
std::string OutcomeName(Outcome outcome);

struct Leftover {
  std::uint64_t bytes = 0;  // 0: nothing, or an empty file
  std::string refusal;      // of static reading; "": it reads it
  std::string load;         // of the loader that saved it: as Observation::Text()
  bool loads = false;       // that loader loads it
};

struct Observation {
  Outcome outcome = Outcome::kNotStarted;
  std::string phase;  // where it raised: "load", "move", "read-back"
  std::vector<SeenTensor> tensors;
  std::vector<runner::FoundValue> values;  // devices found as data
  std::string error_type;                  // "RuntimeError"
  std::string error_whole;                 // as thrown
  std::string error_short;                 // what a person would read
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::string trouble;     // protocol error or start error, or the end of standard error
  std::string over_limit;  // not empty: the signal was the harness's: "it had more than …"
  std::string torch;       // "2.11.0+cu130", as the runtime says of itself
  // What saving left on the disk, and what each reader says of it; nothing: the case saved nothing.
  std::optional<Leftover> left;
  std::string again;  // not empty: why it ran a second time, in a fresh process
  bool simulated = true;
  host::Flight flight;
  host::FlightLog calls;                  // one by one, if the load was to keep them
  std::map<std::string, double> seconds;  // by phase, as the loader measured
  double wall_seconds = 0;                // of the whole child
  // One line: "loaded", "raised no-driver in move: …", "crashed by signal 11".
  std::string Text() const;
};

}  // namespace portcullis::verdict
