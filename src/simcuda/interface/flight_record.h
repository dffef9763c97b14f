// Owns: what the simulated CUDA runtime writes down about one case, and where.
//
// A shared mapping of a file that the harness creates (zero-filled, kRecordBytes long) and names
// in the child's environment. The runtime only ever adds to it, with atomic operations on the
// mapping, so it is whole after any death of the child. The loader says which phase it is in, so
// that what the load did is counted apart from what reading the tensors back did.
//
// Plain data, fixed sizes, no pointers; offsets are part of the interface (loader.py uses them).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

inline constexpr char kRecordVariable[] = "PORTCULLIS_SIM_RECORD";  // path of the record
inline constexpr std::uint32_t kRecordMagic = 0x54484C46;           // "FLHT"
inline constexpr std::uint32_t kRecordVersion = 2;

// What a loader is doing; FlightRecord::phase holds one of these.
enum class Phase : std::uint32_t {
  kStart = 0,     // before the load: start-up, creating contexts
  kLoad = 1,      // the load itself
  kMove = 2,      // .to(device) after the load
  kReadBack = 3,  // reading tensors back to compare their bytes
  kUse = 4,       // calling the loaded module, before reading back
};
inline constexpr std::size_t kPhases = 5;

// Counted for one device in one phase. Bytes are bytes, calls are CUDA runtime calls that
// succeeded.
struct DeviceCounters {
  std::atomic<std::uint64_t> host_to_device_bytes;
  std::atomic<std::uint64_t> host_to_device_calls;
  std::atomic<std::uint64_t> device_to_host_bytes;
  std::atomic<std::uint64_t> device_to_host_calls;
  std::atomic<std::uint64_t> device_to_device_bytes;  // counted for the device written to
  std::atomic<std::uint64_t> device_to_device_calls;
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> peak_bytes;  // most device memory in use at once during the phase
  std::atomic<std::uint64_t> kernels_launched;
  std::atomic<std::uint64_t> reserved[7];
};
static_assert(sizeof(DeviceCounters) == 128);

inline constexpr std::size_t kRefusedNames = 16;
inline constexpr std::size_t kRefusedNameBytes = 96;

struct FlightRecord {
  std::uint32_t magic;                      // kRecordMagic, written by the harness
  std::uint32_t version;                    // kRecordVersion, written by the harness
  std::atomic<std::uint32_t> phase;         // offset 8; a Phase, written by the loader
  std::atomic<std::uint32_t> attached;      // processes that opened the simulated runtime
  std::atomic<std::uint64_t> calls;         // entry-point calls of any kind
  std::atomic<std::uint32_t> refused;       // calls refused because they are not modelled
  std::atomic<std::uint32_t> refused_kept;  // of which the first ones are named below
  char refused_names[kRefusedNames][kRefusedNameBytes];  // "libcublas.so.13: cublasSgemm_v2"
  // By physical device of the host description (not by position behind the mask).
  std::atomic<std::uint64_t> bytes_in_use[kMaxDevices];
  DeviceCounters counters[kPhases][kMaxDevices];
};
static_assert(offsetof(FlightRecord, phase) == 8);

inline constexpr std::size_t kRecordBytes = sizeof(FlightRecord);

}  // namespace portcullis::simcuda
