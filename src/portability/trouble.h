// Owns: what is wrong with a device on a host, and what each part of PyTorch says of it. The rules
// of predict.cpp and predict_use.cpp are made of these.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/portability/predict.h"

namespace portcullis::portability {

// Who is asked to put something on a device; each has its own words for the same trouble.
enum class Asked {
  kTorchLoad,  // torch.load restoring a storage by its location (Python)
  kAten,       // ATen allocating there: .to, .cuda, torch.jit.load, everything in C++
  kCurrent,    // C++ asking for "cuda": c10's guard asks CUDA which GPU is current
};

// What is wrong with a CUDA device on a host.
enum class Trouble {
  kCpuBuild,
  kNoDriver,
  kDriverTooOld,
  kStartFails,
  kNoGpu,
  kNoSuchGpu,
  kNotCounted,
  kNoMemory
};

// "cuda:1" → 1, "cuda" → 0, anything else → nothing.
std::optional<std::size_t> CudaIndex(std::string_view device);

// What is wrong with the GPU of that index; nothing if it is there.
std::optional<Trouble> TroubleWith(std::size_t index, const Place& place, const Build& build);

// The prediction that asking for `device` fails in that phase because of what the host is; nothing
// if it is there, or is no GPU.
std::optional<Prediction> AskingFails(Asked asked, const std::string& device, const char* phase,
                                      const Place& place, const Build& build);

// The prediction of that trouble, when `device` is asked for in that phase.
Prediction Fails(Asked asked, Trouble trouble, const std::string& device, const char* phase,
                 const Place& place, const Build& build);

// The prediction of another error, in the load unless `phase` says otherwise.
Prediction Raises(std::string_view error, std::string reason, const char* phase = "load");

// The prediction that this runtime has no way to do that.
Prediction Unsupported(std::string reason);

}  // namespace portcullis::portability
