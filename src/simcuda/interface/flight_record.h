// Owns: what the simulated CUDA runtime writes down about one case, and where.
//
// A shared mapping of a file that the harness creates (zero-filled, kRecordBytes long, its blocks
// reserved so that a full disk cannot stop the runtime) and names in the child's environment. The
// runtime only ever adds to it, with atomic operations on the mapping, so it is whole after any
// death of the child. The loader says which phase it is in, so that what the load did is counted
// apart from what reading the tensors back did.
//
// Counters say how much happened; events say what, one after another. A call takes a slot when it
// begins and says in it how it ended when it ends: a call during which the process died is there,
// and has not returned.
//
// Plain data, fixed sizes, no pointers; offsets are part of the interface (loader.py uses them).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

inline constexpr char kRecordVariable[] = "PORTCULLIS_SIM_RECORD";  // path of the record
// The same for the recorder on real GPUs, and where these are by PCI address, in the order of the
// record's devices: "0000:1b:00.0,0000:43:00.0".
inline constexpr char kHardwareRecordVariable[] = "PORTCULLIS_RECORD";
inline constexpr char kHardwareDevicesVariable[] = "PORTCULLIS_RECORD_DEVICES";
inline constexpr std::uint32_t kRecordMagic = 0x54484C46;  // "FLHT"
inline constexpr std::uint32_t kRecordVersion = 3;

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

// What became of one rule of the fault plan: how many calls were at its point and on its device,
// how many bytes these had, and how often it fired. A rule that never fired was armed for nothing.
struct RuleState {
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> bytes;
  std::atomic<std::uint64_t> fired;
};

// CallEvent::result of a call that has not returned. (CUDA's own results are not negative.)
inline constexpr std::int32_t kNotReturned = -1;
inline constexpr std::int16_t kNoDevice = -1;
inline constexpr std::uint16_t kFirstOtherName =
    0x8000;  // CallEvent::entry from here on: other_names

// One call of an entry point, one operator of the computing plugin, or one refused call of another
// library. Calls that only ask (which
// device is current, what a pointer is) have an event only if they fail.
struct alignas(64) CallEvent {
  std::atomic<std::uint64_t> sequence;     // from 1 in order of beginning; written last; 0: empty
  std::atomic<std::uint64_t> begin_ns;     // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> duration_ns;  // 0 until it returns
  std::atomic<std::uint64_t> bytes;        // asked for, copied or filled
  std::atomic<std::uint32_t> process;      // ids as gettid(2) and getpid(2) give them
  std::atomic<std::uint32_t> thread;
  std::atomic<std::int32_t> result;  // a cudaError_t, or kNotReturned
  std::atomic<std::int16_t> device;  // ordinal behind the mask, or kNoDevice
  std::atomic<std::int16_t> gpu;     // the same by position in the host description
  std::atomic<std::uint16_t> entry;  // row of entry_names.h; from kFirstOtherName on: other_names
  std::atomic<std::uint8_t> point;   // the FaultPoint that it came to, last; 0: none
  std::atomic<std::uint8_t> phase;   // a Phase
  std::atomic<std::uint8_t> rule;    // 1 + the rule that fired in it, the last; 0: none
  std::atomic<std::uint8_t> reserved[11];
};
static_assert(sizeof(CallEvent) == 64);

// The first events and the last ones are kept; with more than there is room for, those between are
// overwritten.
inline constexpr std::uint64_t kEvents = 8192;
inline constexpr std::uint64_t kFirstEvents = 2048;
// The slot of an event by its sequence.
constexpr std::uint64_t EventSlot(std::uint64_t sequence) {
  const std::uint64_t index = sequence - 1;
  if (index < kFirstEvents) return index;
  return kFirstEvents + (index - kFirstEvents) % (kEvents - kFirstEvents);
}

inline constexpr std::size_t kOtherNames = 256;
inline constexpr std::size_t kOtherNameBytes = 64;

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
  RuleState rules[kMaxFaultRules];          // in the order of the host description
  std::atomic<std::uint64_t> events_begun;  // how many events there were, kept or not
  std::atomic<std::uint64_t> others_kept;
  char other_names[kOtherNames][kOtherNameBytes];  // "aten::mm", "libcublas.so.13: cublasCreate_v2"
  CallEvent events[kEvents];
};
static_assert(offsetof(FlightRecord, phase) == 8);

inline constexpr std::size_t kRecordBytes = sizeof(FlightRecord);

}  // namespace portcullis::simcuda
