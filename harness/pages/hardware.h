// Owns: what recordings of real GPUs confirm of the kept results, and the times that they bring.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/hardware/recording.h"
#include "harness/verdict/result.h"

namespace portcullis::pages {

// Loads of one file, timed on one machine.
struct Timed {
  std::uint64_t bytes = 0;  // of the weights
  std::string way;          // "load-then-to=cpu" (harness/hardware/transfers.py)
  std::string cache;        // "cold", "warm"
  double seconds = 0;       // the median
};

// A recording (harness/hardware/recording.h) as far as the pages show it.
struct Hardware {
  std::string device;                              // "NVIDIA H200"
  std::string recorded;                            // UTC
  std::string runtime;                             // "python-2.11.0"
  std::map<std::string, verdict::Result> results;  // by KeyOf; those that ran there
  std::vector<Timed> times;
  // What each CUDA_VISIBLE_DEVICES leaves visible; UUIDs of its GPUs as "GPU-{0}", "GPU-{1}", ….
  std::vector<std::pair<std::string, std::string>> masks;
  std::map<std::string, std::string> behaviour;  // what the runtime answers, by question
  std::vector<hardware::Explained> differences;  // of the simulation, known
};

// What recordings say of a result that was seen on simulated GPUs.
enum class OnHardware { kNotRun, kTheSame, kOtherwise };

class Recordings {
 public:
  Recordings() = default;
  // The recordings below a folder, by name; none if it is not there. Throws UsageError for what is
  // no recording.
  explicit Recordings(const std::filesystem::path& folder);

  const std::vector<Hardware>& all() const { return all_; }
  bool none() const { return all_.empty(); }
  // The same outcome, in the same phase, with the same class of error, wherever it ran?
  OnHardware Of(const verdict::Result& result) const;
  // "the same on NVIDIA H200", "on NVIDIA H200: raised …"; "" where it did not run.
  std::string Words(const verdict::Result& result) const;

 private:
  std::vector<Hardware> all_;
};

}  // namespace portcullis::pages
