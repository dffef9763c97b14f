// Owns: one load by one loader in one child: from what is wanted to what happened.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/checkpoints/reference.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"
#include "harness/verdict/observation.h"
#include "src/portability/strategy.h"

namespace portcullis::suite {

struct Load {
  std::string id;              // of the case; the answer must carry it
  std::filesystem::path file;  // the checkpoint
  std::string format;          // as checkpoint::FormatName says
  portability::Strategy strategy;
  host::Host host;
  host::Mask mask;
  const host::Runtime* runtime = nullptr;
  std::chrono::milliseconds deadline{60'000};
  bool trust = false;
  bool isolate = true;  // in a fresh process, not in a child of a warm loader
  std::optional<checkpoints::Example> example =
      std::nullopt;                         // what the strategy forward calls with
  std::vector<std::string> resources = {};  // no two loads that name the same run at once
  bool waits = false;       // most of its time it needs no processor: a planned hang
  bool computes = false;    // operators are to compute on a simulated GPU
  bool keep_calls = false;  // the observation is to have every call of the CUDA runtime
  runner::Limits limits = {};
};

// What starts the warm loader of a load: the same for all of a runtime, on simulated hosts or on
// this machine.
runner::Warm WarmLoaderOf(const Load& load);

// Queues the load; `done` gets the observation from within Runner::Run(). A load that a warm loader
// lost is queued once more, isolated, and the observation says so.
void SubmitLoad(const Load& load, runner::Runner& runner,
                std::function<void(verdict::Observation)> done);

}  // namespace portcullis::suite
