// Owns: how the harness tells the simulated CUDA runtime which host to be.
//
// The harness writes one HostDescription as the whole content of a file and names that file in
// the child's environment. The runtime reads it at its first call, not when it is loaded, so a
// process may fork first and become a host later. The mask is not here: CUDA_VISIBLE_DEVICES is
// an environment variable on a simulated host as on a real one.
//
// Plain data, fixed sizes, no pointers: read by libraries compiled with another C++ ABI.
#pragma once

#include <cstdint>

#include "src/simcuda/interface/fault_plan.h"

namespace portcullis::simcuda {

inline constexpr char kHostVariable[] = "PORTCULLIS_SIM_HOST";  // path of the description
inline constexpr std::uint32_t kHostMagic = 0x54534F48;         // "HOST"
inline constexpr std::uint32_t kHostVersion = 2;
inline constexpr std::uint32_t kMaxDevices = 64;  // PyTorch's own limit (C10_COMPILE_TIME_MAX_GPUS)

// What is the matter with one GPU.
enum class DeviceState : std::int32_t {
  kHealthy = 0,
  // Other processes keep it busy, or nobody may compute on it: its first use fails with
  // cudaErrorDevicesUnavailable.
  kBusy = 1,
  kExclusive = 2,   // compute mode EXCLUSIVE_PROCESS, and another process has it: the same
  kProhibited = 3,  // compute mode PROHIBITED: the same
  // It has fallen off the bus: CUDA cannot start with it among the visible devices, and says
  // cudaErrorUnknown.
  kLost = 4,
};

// One GPU as its profile says; fields as in cudaDeviceProp (driver_types.h, CUDA 13.0).
struct DeviceDescription {
  char name[128];              // "NVIDIA H200", zero-terminated
  std::uint8_t uuid[16];       // "GPU-%08x-…" of nvidia-smi, in that order of bytes
  std::uint64_t memory_bytes;  // total global memory
  std::int32_t compute_major;  // compute capability
  std::int32_t compute_minor;
  std::int32_t multiprocessors;
  std::int32_t max_threads_per_multiprocessor;
  std::int32_t l2_bytes;
  std::int32_t clock_khz;
  std::int32_t memory_clock_khz;
  std::int32_t memory_bus_bits;
  std::int32_t pci_domain;
  std::int32_t pci_bus;
  std::int32_t pci_device;
  DeviceState state;
  std::uint64_t used_bytes;  // of memory_bytes, taken by other processes
};

struct HostDescription {
  std::uint32_t magic;          // kHostMagic
  std::uint32_t version;        // kHostVersion
  std::int32_t driver_version;  // as cudaDriverGetVersion says: 13000 for 13.0; 0: no driver
  std::uint32_t device_count;   // at most kMaxDevices
  std::int32_t start_error;     // what starting CUDA fails with (802: system not ready); 0: nothing
  std::uint32_t fault_count;    // at most kMaxFaultRules
  DeviceDescription devices[kMaxDevices];
  FaultRule faults[kMaxFaultRules];
};

}  // namespace portcullis::simcuda
