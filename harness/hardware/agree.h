// Owns: holding the simulation against a recording: the same GPUs simulated, asked the same things.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/checkpoints/catalog.h"
#include "harness/hardware/recording.h"
#include "harness/runner/runner.h"
#include "harness/scenario/case_list.h"

namespace portcullis::hardware {

// What is compared. Names in AspectName().
enum class Aspect {
  kDevice,      // what a GPU says of itself
  kErrorText,   // name and text of an error code
  kMask,        // the GPUs that a mask leaves
  kBehaviour,   // what the runtime answers when it is used wrongly
  kTags,        // device map of a checkpoint saved from a GPU
  kWeights,     // its tensors' bytes
  kOutcome,     // of a case: loaded or not, and in which phase it ended
  kError,       // the error as a person would read it, and its type
  kDevices,     // where the tensors are
  kBytes,       // what they hold
  kMoved,       // bytes moved, by device, direction and phase
  kOperations,  // how many copies, allocations and kernels
  kCalls,       // the calls of the CUDA runtime, one after another
};
inline constexpr std::size_t kAspects = 13;
// "device", "error text", "mask", "behaviour", "tags", "weights", "outcome", "error", "devices",
// "bytes", "moved", "operations", "calls".
std::string AspectName(Aspect aspect);

struct Difference {
  Aspect aspect = Aspect::kOutcome;
  std::string subject;    // a case's id, a mask, an error code, a checkpoint
  std::string recorded;   // what the hardware did
  std::string simulated;  // what the simulation did
  std::string explained;  // why that is so, if the recording says; "" if nobody knows
};

struct Agreement {
  struct Count {
    std::size_t compared = 0, agreed = 0;
  };
  std::array<Count, kAspects> by_aspect{};
  std::vector<Difference> differences;
  std::vector<std::string> not_compared;  // recorded cases that could not run here, and why
  std::size_t Compared() const;
  std::size_t Agreed() const;
  std::size_t Unexplained() const;
};

// What the comparison runs with.
struct Comparison {
  const host::HostLibrary& hosts;
  const checkpoints::Catalog& catalog;
  const std::vector<host::Runtime>& runtimes;
  scenario::CaseList cases;    // all there are; those of the recording are run
  std::filesystem::path made;  // folder of the checkpoints made by simulation
  std::size_t jobs = 1;
};

Agreement HoldAgainst(const Recording& recording, const Comparison& comparison,
                      runner::Runner& runner);

}  // namespace portcullis::hardware
