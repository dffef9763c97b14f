#include "src/simcuda/core/faults.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "src/simcuda/core/open_event.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::simcuda {
namespace {

// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): every
// (seed, rule, call) has a number of its own, whatever was asked before.
std::uint64_t Chance(std::uint64_t seed, std::uint64_t rule, std::uint64_t call) {
  std::uint64_t value = seed + 0x9E3779B97F4A7C15 * (call * kMaxFaultRules + rule + 1);
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

// A number from 0 up to, but not, 1.
double AsFraction(std::uint64_t value) { return static_cast<double>(value >> 11) * 0x1p-53; }

bool Computes(FaultPoint point) {
  return point == FaultPoint::kLaunch || point == FaultPoint::kOperator;
}

// Kernels run behind the program's back: what breaks in one is reported by a later call.
bool IsReportedLater(FaultPoint point, int error) {
  if (!Computes(point) || !IsSticky(error)) return false;
  const char* blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  return !blocking || std::strcmp(blocking, "1") != 0;
}

void Fail(const FaultRule& rule, const Place& place, Injected& injected) {
  const auto error = static_cast<cudaError_t>(rule.value);
  if (IsSticky(error) && place.device) place.device->Poison(error);
  if (!IsReportedLater(place.point, error) && injected.error == cudaSuccess) injected.error = error;
}

[[noreturn]] void Hang() {
  for (;;) pause();
}

}  // namespace

FaultPlan::FaultPlan(const HostDescription& host) {
  for (std::size_t i = 0; i < host.fault_count; ++i) {
    Armed rule;
    static_cast<FaultRule&>(rule) = host.faults[i];
    rule.number = i;
    if (rule.point == FaultPoint::kEntryPoint) rule.entry = FindEntry(rule.name);
    rules_.push_back(rule);
  }
}

bool FaultPlan::IsAt(const Armed& rule, const Place& place) {
  const Device* device = place.device;
  const auto number = static_cast<std::uint32_t>(rule.device);
  if (rule.device_is == FaultDevice::kOrdinal && (!device || device->ordinal() != rule.device)) {
    return false;
  }
  if (rule.device_is == FaultDevice::kPhysical && (!device || device->physical() != number)) {
    return false;
  }
  switch (rule.point) {
    case FaultPoint::kCopy:
      return place.point == FaultPoint::kHostToDevice || place.point == FaultPoint::kDeviceToHost ||
             place.point == FaultPoint::kDeviceToDevice;
    case FaultPoint::kLaunch:
      return Computes(place.point);
    case FaultPoint::kOperator:
      return place.point == FaultPoint::kOperator && place.name == rule.name;
    case FaultPoint::kEntryPoint:
      return place.point == FaultPoint::kEntryPoint && place.entry == rule.entry;
    default:
      return place.point == rule.point;
  }
}

std::optional<std::uint64_t> FaultPlan::Fires(const Armed& rule, const Place& place) {
  RuleState& state = Record::Get().Rule(rule.number);
  const std::uint64_t call = state.calls.fetch_add(1) + 1;
  const std::uint64_t bytes = state.bytes.fetch_add(place.bytes) + place.bytes;
  if (call < rule.first || call > rule.last) return std::nullopt;
  if (rule.after_bytes > 0 && bytes <= rule.after_bytes) return std::nullopt;
  if (rule.probability < 1 &&
      AsFraction(Chance(rule.seed, rule.number, call)) >= rule.probability) {
    return std::nullopt;
  }
  if (rule.action == FaultAction::kOnly) {
    const std::uint64_t limit = static_cast<std::uint64_t>(rule.value);
    const std::uint64_t in_use = place.device ? place.device->memory().in_use() : 0;
    if (in_use + place.bytes <= limit) return std::nullopt;
  }
  state.fired.fetch_add(1);
  return call;
}

void FaultPlan::Act(const Armed& rule, std::uint64_t call, const Place& place, Injected& injected) {
  switch (rule.action) {
    case FaultAction::kError:
      return Fail(rule, place, injected);
    case FaultAction::kDelay:
      return std::this_thread::sleep_for(std::chrono::nanoseconds(rule.value));
    case FaultAction::kHang:
      Hang();
    case FaultAction::kSignal:
      kill(getpid(), static_cast<int>(rule.value));
      return;
    case FaultAction::kOnly:
      if (injected.error == cudaSuccess) injected.error = cudaErrorMemoryAllocation;
      return;
    case FaultAction::kShort:
      injected.keep = rule.value < 0 ? place.bytes / 2 : static_cast<std::uint64_t>(rule.value);
      return;
    case FaultAction::kFlip:
      injected.flip = rule.value < 0 ? Chance(~rule.seed, rule.number, call)
                                     : static_cast<std::uint64_t>(rule.value);
      if (place.bytes > 0) injected.flip %= place.bytes * 8;
      return;
  }
}

Injected FaultPlan::Ask(const Place& place) const {
  Injected injected;
  OpenEvent* event = OpenEvent::Current();
  if (event && place.point != FaultPoint::kEntryPoint) {
    event->At(place.point, place.device, place.bytes);
  }
  for (const Armed& rule : rules_) {
    if (!IsAt(rule, place)) continue;
    const std::optional<std::uint64_t> call = Fires(rule, place);
    if (!call) continue;
    if (event) event->Fired(rule.number);
    Act(rule, *call, place, injected);
    if (injected.error != cudaSuccess) return injected;
  }
  return injected;
}

}  // namespace portcullis::simcuda
