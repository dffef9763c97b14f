// Owns: following the fault plan of the host: which rules fire at a place, and what they do there.
#pragma once

#include <driver_types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/simcuda/core/device.h"
#include "src/simcuda/interface/entry_names.h"
#include "src/simcuda/interface/fault_plan.h"
#include "src/simcuda/interface/host_description.h"

namespace portcullis::simcuda {

// Somewhere that a call has come to.
struct Place {
  FaultPoint point = FaultPoint::kNone;
  Device* device = nullptr;  // null: on none
  std::uint64_t bytes = 0;
  std::uint16_t entry = kNoEntry;  // at kEntryPoint
  std::string_view name = {};      // at kOperator
};

// What the caller has to do about it. Delays, hangs, signals and poisoned contexts are done
// already.
struct Injected {
  cudaError_t error = cudaSuccess;  // return this, and do nothing
  // Of a copy: write the first `keep` bytes only, then flip this bit of what was written.
  std::uint64_t keep = kForEver;
  std::uint64_t flip = kForEver;
};

class FaultPlan {
 public:
  FaultPlan() = default;
  explicit FaultPlan(const HostDescription& host);

  bool empty() const { return rules_.empty(); }
  // Says in the thread's event where the call has come to, and asks every rule.
  Injected Ask(const Place& place) const;

 private:
  struct Armed : FaultRule {
    std::size_t number = 0;  // in the host description
    std::uint16_t entry = kNoEntry;
  };
  static bool IsAt(const Armed& rule, const Place& place);
  // The number of the call, counted from 1 at this rule, if the rule fires at it.
  static std::optional<std::uint64_t> Fires(const Armed& rule, const Place& place);
  static void Act(const Armed& rule, std::uint64_t call, const Place& place, Injected& injected);

  std::vector<Armed> rules_;
};

}  // namespace portcullis::simcuda
