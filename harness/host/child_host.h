// Owns: turning a host into the surroundings of one child: the files the simulated runtime reads
// and writes, and an environment built from nothing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "harness/host/flight_log.h"
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
  std::filesystem::path standins;   // folder of the stand-in libraries; empty: needs none
  bool preload = true;              // the stand-ins must also go before libraries found by RPATH
  std::filesystem::path probe;      // program that asks this machine for its GPUs; may be empty
  std::filesystem::path
      recorder;  // library that writes the flight record on real GPUs; may be empty
  std::filesystem::path
      compute;  // plugin with which operators compute on simulated GPUs; may be empty
};
// Reads runtimes.json: a list of objects with these fields (is_default is called "default").
// Relative paths are relative to the file. Errors name file and field.
std::vector<Runtime> ReadRuntimes(const std::filesystem::path& file);

// Counts of one device in one phase, copied out of a flight record.
struct Counts {
  std::uint64_t host_to_device_bytes = 0, host_to_device_calls = 0;
  std::uint64_t device_to_host_bytes = 0, device_to_host_calls = 0;
  std::uint64_t device_to_device_bytes = 0, device_to_device_calls = 0;
  std::uint64_t allocations = 0, peak_bytes = 0, kernels_launched = 0;
};
// What became of one fault of the host; one that never fired was armed for nothing.
struct FaultCounts {
  std::string text;         // the fault as it was spelt
  std::uint64_t calls = 0;  // at its place and on its device
  std::uint64_t fired = 0;
};
// Calls of load and move that changed or filled device memory, one after another: equal ones
// without another between them are one step.
struct CourseStep {
  simcuda::Phase phase = simcuda::Phase::kLoad;
  std::string what;  // "malloc", "free", "h2d", "d2h", "d2d"
  int gpu = 0;       // of the host
  std::uint64_t calls = 0, bytes = 0;
};
struct Flight {
  bool attached = false;  // the child did open the simulated runtime
  std::vector<std::array<Counts, simcuda::kPhases>> devices;  // by physical device
  std::vector<std::string> refused;  // calls that are not modelled, by name
  std::uint64_t refused_calls = 0;
  std::vector<FaultCounts> faults;    // in the order of Host::faults
  std::vector<std::uint64_t> in_use;  // bytes of each device that were allocated last
  std::vector<CourseStep> course;     // empty if the record could not hold every call
  // Sum over devices, of phases load and move (peak: the sum of each device's higher one).
  Counts LoadAndMove() const;
};

// The file that the simulated runtime writes its flight record to: created whole, with its blocks
// reserved, and readable to the end even if the child deletes it.
class FlightFile {
 public:
  // Throws CannotRun if the file exists or cannot be written. `keep`: it stays when this ends.
  explicit FlightFile(const std::filesystem::path& file, bool keep = false);
  ~FlightFile();
  FlightFile(const FlightFile&) = delete;
  FlightFile& operator=(const FlightFile&) = delete;
  // A copy of what stands there now, of the first `devices` devices and of the fault plan
  // `faults`. Throws CannotRun if the child damaged the file.
  Flight Read(std::size_t devices, std::span<const simcuda::FaultRule> faults = {}) const;
  // The events that stand there now (flight_log.h). Throws as Read does.
  FlightLog ReadLog(std::span<const simcuda::FaultRule> faults = {}) const;

 private:
  void CheckWhole() const;

  std::filesystem::path file_;
  bool keep_ = false;
  int descriptor_ = -1;
  const simcuda::FlightRecord* record_ = nullptr;
};

// Whether a file begins as a flight record does, of whatever version.
bool IsFlightRecord(const std::filesystem::path& file);

// The events of a flight record that was kept with the description of its host behind it
// (`keep` of FlightFile). Throws UsageError if the file is none, or of another version.
FlightLog ReadLogOf(const std::filesystem::path& file);

// Writes the file from which the simulated runtime learns what host it is. Throws CannotRun.
void WriteDescription(const Host& host, const std::filesystem::path& file);
// The same at the end of a file: of a flight record that is kept, so that it can be read alone.
void AppendDescription(const Host& host, const std::filesystem::path& file);

// The environment of a child: nothing of this process's own. `description` and `record` are the
// files that the simulated runtime reads and writes; on a host that is not simulated the recorder
// writes the record.
Environment BuildEnvironment(const Host& host, const Mask& mask, const Runtime& runtime,
                             const std::filesystem::path& folder,
                             const std::filesystem::path& description,
                             const std::filesystem::path& record);

// The part of that which is the same for all children of a runtime, and all that its warm loader
// gets: no host, no mask, no folder of its own. `simulated`: with the stand-in libraries.
Environment BuildWarmEnvironment(const Runtime& runtime, bool simulated);

// Throws CannotRun if LD_LIBRARY_PATH cannot hold the folder (ld.so(8): folders are separated by
// colons or semicolons, and nothing can quote them).
void CheckSearchable(const std::filesystem::path& folder);
// The names of the shared libraries in a folder of stand-ins, sorted; each library once
// (libcudart.so may be a link to libcudart.so.13). Throws CannotRun if there are none.
std::vector<std::string> LibraryNames(const std::filesystem::path& folder);

// A host made ready for one child, in a folder of its own. Removes its two files when it ends;
// what the child left in the folder is the folder's owner's to remove.
class ChildHost {
 public:
  // `folder` must exist and be this child's alone. `computes`: operators are to compute there.
  ChildHost(const Host& host, const Mask& mask, const Runtime& runtime,
            const std::filesystem::path& folder, bool computes = false);
  ~ChildHost();
  ChildHost(const ChildHost&) = delete;
  ChildHost& operator=(const ChildHost&) = delete;

  // The whole environment of the child: nothing of this process's own goes through but what is
  // needed to run at all (PATH is fixed, HOME and TMPDIR are `folder`).
  const Environment& environment() const { return environment_; }
  // What the runtime has written down so far; readable after any death of the child.
  Flight Read() const { return flight_.Read(device_count_, faults_); }
  // What it did, call by call.
  FlightLog ReadLog() const { return flight_.ReadLog(faults_); }

 private:
  std::filesystem::path description_;
  std::size_t device_count_;
  std::vector<simcuda::FaultRule> faults_;
  Environment environment_;
  FlightFile flight_;
};

}  // namespace portcullis::host
