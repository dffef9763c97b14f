// Owns: a fault plan as plain data: what goes wrong on a host, where, on which device and when.
//
// The harness makes rules from text (harness/host/fault_text.h has the spelling) and writes them
// into the host description; the simulated runtime follows them, and writes down in the flight
// record how often each one was asked and fired (RuleState, flight_record.h).
//
// Rules are asked in order, until one of them makes the call fail; a call that has failed is no
// call for the rules behind. Flipped bits and cut copies are carried out together. Counts are those
// of the flight record: one case, whatever processes and threads it has. Chance comes from the
// rule's seed and the number of the call alone, so the same calls meet the same faults again.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace portcullis::simcuda {

inline constexpr std::uint32_t kMaxFaultRules = 32;

// Where a fault strikes. Numbers are part of the interface: events in the flight record hold them.
enum class FaultPoint : std::uint32_t {
  kNone = 0,
  kMalloc = 1,          // device memory is asked for, by whichever function
  kHostMalloc = 2,      // pinned host memory is asked for, or host memory registered
  kFree = 3,            // device memory is given back
  kHostToDevice = 4,    // a copy, by the memory it touches
  kDeviceToHost = 5,    //
  kDeviceToDevice = 6,  // on one device, or from one to another (the one written to counts)
  kFill = 7,            // cudaMemset and its like
  kLaunch = 8,          // a kernel, or an operator that computes on a simulated device
  kSync = 9,            // waiting for a device, a stream or an event
  kSetDevice = 10,      // a device is made current
  kContext = 11,        // a device's primary context is created: its first use
  kCopy = 12,           // rules only: any of the three kinds of copy
  kOperator = 13,       // the operator `name`, as PyTorch spells it: "aten::mm"
  kEntryPoint = 14,     // the entry point `name`, before it does anything: "cudaMemGetInfo"
};

struct FaultPointName {
  FaultPoint point;
  std::string_view name;
};
// Points that have a word of their own in rules and in traces.
inline constexpr std::array kFaultPoints = {
    FaultPointName{FaultPoint::kMalloc, "malloc"},
    FaultPointName{FaultPoint::kHostMalloc, "host-malloc"},
    FaultPointName{FaultPoint::kFree, "free"},
    FaultPointName{FaultPoint::kHostToDevice, "h2d"},
    FaultPointName{FaultPoint::kDeviceToHost, "d2h"},
    FaultPointName{FaultPoint::kDeviceToDevice, "d2d"},
    FaultPointName{FaultPoint::kCopy, "copy"},
    FaultPointName{FaultPoint::kFill, "fill"},
    FaultPointName{FaultPoint::kLaunch, "launch"},
    FaultPointName{FaultPoint::kSync, "sync"},
    FaultPointName{FaultPoint::kSetDevice, "set-device"},
    FaultPointName{FaultPoint::kContext, "context"},
};

// What happens.
enum class FaultAction : std::uint32_t {
  kError = 1,   // the call fails with error `value` and does nothing. A sticky one (errors.h)
                // poisons the device's context; at a launch the launch itself succeeds then and the
                // next call reports it, as kernels run behind a program's back
                // (with CUDA_LAUNCH_BLOCKING=1 the launch reports it)
  kDelay = 2,   // the call takes `value` nanoseconds longer
  kHang = 3,    // the call never returns
  kSignal = 4,  // the process is sent signal `value`
  kFlip = 5,  // a copy succeeds with one bit wrong where it wrote: bit `value` of its bytes, modulo
              // their number; -1: chosen by the seed
  kShort = 6,  // a copy succeeds, but writes its first `value` bytes only; -1: half of them
  kOnly = 7,   // at malloc: no more than `value` bytes can be allocated, whatever cudaMemGetInfo
               // and the device's properties promise
};

// Which device a rule is about.
enum class FaultDevice : std::uint32_t {
  kAny = 0,
  kOrdinal = 1,   // `device` as the program counts, behind the mask: cuda:1
  kPhysical = 2,  // `device` as the host counts its GPUs, whatever the mask: gpu:1
};

inline constexpr std::int64_t kFaultDefault = -1;  // `value` where none was given
inline constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();

// One rule. It fires at a call if the call is at its point and on its device, is one of the calls
// `first` to `last` (counted from 1 among those), brings the bytes of these calls above
// `after_bytes`, and chance says so.
struct FaultRule {
  FaultPoint point;
  FaultAction action;
  FaultDevice device_is;
  std::int32_t device;
  std::uint64_t first;        // 1: from the first call on
  std::uint64_t last;         // kForEver: no end
  std::uint64_t after_bytes;  // 0: whatever the bytes
  double probability;         // 1: always
  std::uint64_t seed;
  std::int64_t value;
  char name[64];   // of kOperator and kEntryPoint, zero-terminated
  char text[128];  // the rule as people spell it, zero-terminated
};
static_assert(sizeof(FaultRule) == 256);

}  // namespace portcullis::simcuda
