// Owns: what a host is (GPUs by profile, driver, mask), read from the YAML in fixtures/hosts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::host {

// One GPU model as data. Sources of the figures stand in each profile's YAML.
struct Profile {
  std::string id;    // file name without .yaml: "h200"
  std::string name;  // "NVIDIA H200", as cudaDeviceProp.name says
  std::uint64_t memory_bytes = 0;
  int compute_major = 0, compute_minor = 0;
  int multiprocessors = 0;
  int max_threads_per_multiprocessor = 0;
  int l2_bytes = 0;
  int clock_khz = 0, memory_clock_khz = 0, memory_bus_bits = 0;
  bool operator==(const Profile&) const = default;
};

// The value of CUDA_VISIBLE_DEVICES; unset and empty are two different things.
struct Mask {
  std::optional<std::string> value;
  // "unset", "empty" or the value.
  std::string Text() const;
  // The other way round; "" is empty too.
  static Mask FromText(const std::string& text);
  // The value as simcuda::VisibleDevices takes it.
  std::optional<std::string_view> View() const { return value; }
  bool operator==(const Mask&) const = default;
};

// One host. Each GPU is a profile with a UUID of its own.
struct Gpu {
  Profile profile;
  std::string uuid;  // "GPU-8a3f…", as nvidia-smi prints it
  simcuda::DeviceState state = simcuda::DeviceState::kHealthy;
  std::uint64_t used_bytes = 0;  // by other processes
  // Where it is; a GPU without a bus of its own gets one by its position in the host.
  int pci_domain = 0, pci_device = 0;
  std::optional<int> pci_bus = std::nullopt;
};
struct Host {
  std::string name;        // "2xh200"
  std::string about;       // one line for people
  int driver_version = 0;  // 13000 for 13.0; 0: no driver
  int start_error = 0;     // the cudaError_t that starting CUDA fails with; 0: none
  std::vector<Gpu> gpus;
  // Where a case does not say another one. Of this machine itself: what the caller may use of it,
  // by UUID, within which masks of cases count; unset: everything.
  Mask mask;
  std::string device_order;                // CUDA_DEVICE_ORDER on this machine; empty: not set
  std::vector<simcuda::FaultRule> faults;  // at most kMaxFaultRules; made by ParseFault
  // False for this machine itself: its own driver and CUDA libraries, nothing in between but the
  // recorder.
  bool simulated = true;
};

// The profiles of one folder, each read when it is first asked for. Not for several threads.
class Profiles {
 public:
  explicit Profiles(const std::filesystem::path& folder);
  // Unknown names: nullptr. Errors of the file: UsageError with file, line and column.
  const Profile* Find(const std::string& name) const;
  std::vector<std::string> Names() const;  // in file-name order

 private:
  std::map<std::string, std::filesystem::path> files_;  // by name
  mutable std::map<std::string, Profile> read_;
};

// The hosts of one folder (with its profiles/ beside them), each read when it is first asked for:
// most commands ask for one. Not for several threads.
class HostLibrary {
 public:
  explicit HostLibrary(const std::filesystem::path& folder);
  // By name, or by path if `name` ends in .yaml (its GPUs are profiles of this library; its name
  // is the file's). Unknown names: UsageError with the nearest; errors of the file name line and
  // column.
  Host Find(const std::string& name) const;
  std::vector<std::string> Names() const;  // in file-name order

 private:
  Profiles profiles_;
  std::map<std::string, std::filesystem::path> files_;  // by name
  mutable std::map<std::string, Host> read_;
};

// The plain-data form that the simulated runtime reads. GPU i is at PCI bus i + 1 unless it has a
// bus of its own.
simcuda::HostDescription Describe(const Host& host);

}  // namespace portcullis::host
