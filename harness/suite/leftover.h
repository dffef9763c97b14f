// Owns: what saving left on the disk, read by everybody who would read it.
#pragma once

#include <functional>
#include <memory>

#include "harness/runner/runner.h"
#include "harness/suite/load.h"
#include "harness/suite/scratch.h"

namespace portcullis::suite {

// Completes the observation of a load that saved (the strategy save) with what stands in its
// folder: the static reader's word, and that of the same loader, which reads it once more. Then
// calls `done`.
void ReadLeftover(const Load& load, const std::shared_ptr<ScratchFolder>& folder,
                  verdict::Observation observation, runner::Runner& runner,
                  const std::function<void(verdict::Observation)>& done);

}  // namespace portcullis::suite
