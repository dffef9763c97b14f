// Owns: turning a host into the surroundings of one child: the files the simulated runtime reads
// and writes, and an environment built from nothing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/host/host.h"
#include "src/simcuda/interface/flight_record.h"

namespace portcullis::host {

using Environment = std::map<std::string, std::string>;

// One build of LibTorch or PyTorch that can load, as the build wrote it into runtimes.json.
struct Runtime {
  std::string id;       // "python-2.11.0", "cpp-2.11.0", "cpp-2.11.0-cpu"
  std::string family;   // "python", "cpp", "cpp-cpu": what scenarios name
  std::string version;  // "2.11.0"
  int cuda = 0;         // CUDA major of the build; 0: a CPU-only build
  bool is_default = false;
  std::vector<std::string> loader;  // argv of the loader
  std::vector<std::string> maker;   // argv of the checkpoint maker of this family, may be empty
  Environment environment;          // PYTHONPATH and the like
  std::filesystem::path standins;   // folder of the stand-in libraries
};
// Reads runtimes.json (a list of objects with these fields). Errors name file and field.
std::vector<Runtime> ReadRuntimes(const std::filesystem::path& file);

// Counts of one device in one phase, copied out of a flight record.
struct Counts {
  std::uint64_t host_to_device_bytes = 0, host_to_device_calls = 0;
  std::uint64_t device_to_host_bytes = 0, device_to_host_calls = 0;
  std::uint64_t device_to_device_bytes = 0, device_to_device_calls = 0;
  std::uint64_t allocations = 0, peak_bytes = 0, kernels_launched = 0;
};
struct Flight {
  bool attached = false;  // the child did open the simulated runtime
  std::vector<std::array<Counts, simcuda::kPhases>> devices;  // by physical device
  std::vector<std::string> refused;  // calls that are not modelled, by name
  std::uint64_t refused_calls = 0;
  // Sum over devices, of phases load and move (peak: the sum of each device's peak).
  Counts LoadAndMove() const;
};

// A host made ready for one child, in a folder of its own. Removes its files when it ends.
class ChildHost {
 public:
  // `folder` must exist and be this child's alone.
  ChildHost(const Host& host, const Mask& mask, const Runtime& runtime,
            const std::filesystem::path& folder);
  ~ChildHost();
  ChildHost(const ChildHost&) = delete;
  ChildHost& operator=(const ChildHost&) = delete;

  // The whole environment of the child: nothing of this process's own goes through but what is
  // needed to run at all (PATH is fixed, HOME and TMPDIR are `folder`).
  const Environment& environment() const { return environment_; }
  // What the runtime has written down so far; readable after any death of the child.
  Flight Read() const;

 private:
  std::filesystem::path folder_;
  std::size_t device_count_;
  Environment environment_;
};

}  // namespace portcullis::host
