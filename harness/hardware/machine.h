// Owns: what this machine's own GPUs and driver are, asked of them by the probe in a child.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/runner.h"

namespace portcullis::hardware {

// The name that stands for this machine wherever a host is named.
inline constexpr char kHere[] = "here";

// What the probe says (src/hardware/probe.cpp): {"driver": {…}, "runtime": {…}}.
using Probed = nlohmann::json;

// What the probe is asked for beside the driver's state and its GPUs.
enum class Ask {
  kNoMore,
  kErrors,    // name and text of the runtime's error codes
  kBehaviour  // the runtime's manners (src/hardware/behaviour.h)
};

// Runs the probe of `runtime` behind a mask, as a loader of that runtime would run on `host`: on
// the machine itself if it is not simulated. Throws CannotRun if the probe is not there, hangs,
// crashes or says something else.
Probed Probe(const host::Host& host, const host::Mask& mask, const host::Runtime& runtime, Ask ask,
             runner::Runner& runner);

// The host that a probe behind no mask has found, under the name "here": its GPUs in CUDA's order.
// Throws CannotRun naming the field if the probe's words cannot be understood.
host::Host HostFrom(const Probed& probed);

// The runtime whose CUDA is asked about this machine: the default Python one, else the C++ one.
// Throws CannotRun if neither is here.
const host::Runtime* RuntimeThatAsks(const std::vector<host::Runtime>& runtimes);

// This machine as a host, as far as this process may use it: its CUDA_VISIBLE_DEVICES and
// CUDA_DEVICE_ORDER, which a scheduler sets, count. No driver and no GPU are a host too.
host::Host HostHere(const host::Runtime& runtime, runner::Runner& runner);

// The same GPUs and driver, simulated: what a recording made here is held against.
host::Host SimulatedTwin(host::Host here);

}  // namespace portcullis::hardware
