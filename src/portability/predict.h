// Owns: the rules: what will happen when a checkpoint is loaded in one way on one host by one
// runtime, said before it is done. Those of uses, of ways that people reported and of single
// formats are in files of their own. They describe PyTorch 1.13 to 2.15 unless a row says
// otherwise; sources are of 2.11.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/checkpoint/device_map.h"
#include "src/portability/destination.h"
#include "src/portability/strategy.h"
#include "src/portability/torch_version.h"

namespace portcullis::portability {

// What the rules need to know of a host, behind its mask.
struct Place {
  int driver_version = 0;                   // as cudaDriverGetVersion says; 0: no driver
  std::vector<std::uint64_t> memory_bytes;  // of each visible GPU, by ordinal
  int start_error = 0;  // the cudaError_t that CUDA fails to start with; 0: none
  std::optional<std::string> mask = std::nullopt;  // CUDA_VISIBLE_DEVICES, which PyTorch reads too
  std::vector<std::string> uuids = {};             // of all GPUs, hidden ones too: "GPU-8a3f…"
};

// What the rules need to know of a runtime.
struct Build {
  bool python = true;  // else C++
  int cuda = 13;       // CUDA major it was built with; 0: CPU only
  bool trust = false;  // Python: torch.load(weights_only=False)
  TorchVersion torch = kDefaultTorch;
};

struct Prediction {
  bool loads = true;
  std::string error;         // id of an error class, if it does not load
  std::string phase;         // "load" or "move", if it does not load
  bool supported = true;     // false: this runtime has no way to do that
  std::string reason;        // one sentence
  std::string remedy;        // a strategy that would work here, as code; "" if it loads
  std::string Text() const;  // "loads" or "raises no-driver in move"
};

Prediction Predict(const checkpoint::DeviceMap& subject, const Place& place, const Build& build,
                   const Strategy& strategy);

}  // namespace portcullis::portability
