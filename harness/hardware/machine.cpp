#include "harness/hardware/machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "harness/suite/scratch.h"
#include "harness/suite/suite.h"
#include "src/base/error.h"

namespace portcullis::hardware {
namespace {

// Creating a context on a large machine takes seconds, which the probe does for questions about
// behaviour alone, once for each.
std::chrono::seconds DeadlineFor(Ask ask) {
  return std::chrono::seconds(ask == Ask::kBehaviour ? 300 : 60);
}

std::string HowItEnded(const runner::Ended& ended) {
  if (!ended.start_error.empty()) return ended.start_error;
  if (ended.timed_out) return "no answer in time";
  if (ended.signal) return fmt::format("ended by signal {}", *ended.signal);
  return fmt::format("exit code {}", ended.exit_code.value_or(-1));
}

Probed Understand(const runner::Ended& ended) {
  if (ended.exit_code == 0) {
    Probed probed = Probed::parse(ended.output, nullptr, /*allow_exceptions=*/false);
    if (probed.is_object() && probed.contains("driver") && probed.contains("runtime")) {
      return probed;
    }
  }
  throw CannotRun(fmt::format("cannot ask this machine for its GPUs: the probe: {}{}{}",
                              HowItEnded(ended), ended.errors.empty() ? "" : "\n", ended.errors));
}

template <typename T>
T Field(const Probed& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) {
    throw CannotRun(fmt::format("the probe of this machine: found no '{}' in {}", name,
                                object.dump().substr(0, 200)));
  }
  return found->get<T>();
}

host::Gpu GpuFrom(const Probed& device) {
  host::Gpu gpu;
  gpu.uuid = Field<std::string>(device, "uuid");
  gpu.pci_domain = Field<int>(device, "pci_domain");
  gpu.pci_bus = Field<int>(device, "pci_bus");
  gpu.pci_device = Field<int>(device, "pci_device");
  host::Profile& profile = gpu.profile;
  profile.id = kHere;
  profile.name = Field<std::string>(device, "name");
  profile.memory_bytes = Field<std::uint64_t>(device, "memory_bytes");
  profile.compute_major = Field<int>(device, "compute_major");
  profile.compute_minor = Field<int>(device, "compute_minor");
  profile.multiprocessors = Field<int>(device, "multiprocessors");
  profile.max_threads_per_multiprocessor = Field<int>(device, "threads_per_multiprocessor");
  profile.l2_bytes = Field<int>(device, "l2_bytes");
  // From CUDA 13 on a driver may no longer say its clocks.
  profile.clock_khz = device.value("clock_khz", 0);
  profile.memory_clock_khz = device.value("memory_clock_khz", 0);
  profile.memory_bus_bits = device.value("memory_bus_bits", 0);
  return gpu;
}

std::optional<std::string> Own(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

host::Mask AllOf(const std::vector<host::Gpu>& gpus) {
  std::vector<std::string> uuids;
  for (const host::Gpu& gpu : gpus) uuids.push_back(gpu.uuid);
  return {fmt::format("{}", fmt::join(uuids, ","))};
}

}  // namespace

Probed Probe(const host::Host& host, const host::Mask& mask, const host::Runtime& runtime, Ask ask,
             runner::Runner& runner) {
  if (runtime.probe.empty()) {
    throw CannotRun(fmt::format("the runtime {} has no probe to ask for GPUs with", runtime.id));
  }
  const suite::ScratchFolder scratch;
  const host::ChildHost child(host, mask, runtime, scratch.path());
  runner::Command command;
  command.argv = {runtime.probe.string()};
  if (ask == Ask::kErrors) command.argv.emplace_back("--errors");
  if (ask == Ask::kBehaviour) command.argv.emplace_back("--behaviour");
  command.environment = child.environment();
  command.folder = scratch.path();
  command.deadline = DeadlineFor(ask);
  Probed probed;
  runner.Submit(std::move(command),
                [&probed](const runner::Ended& ended) { probed = Understand(ended); });
  runner.Run();
  return probed;
}

host::Host HostFrom(const Probed& probed) {
  const Probed driver = Field<Probed>(probed, "driver");
  host::Host here;
  here.name = kHere;
  here.simulated = false;
  here.driver_version = Field<int>(driver, "version");
  for (const Probed& device : Field<Probed>(driver, "devices")) {
    here.gpus.push_back(GpuFrom(device));
  }
  here.about = here.gpus.empty()
                   ? fmt::format("this machine: no GPU ({})", driver.value("missing", ""))
                   : fmt::format("this machine: {} GPU, the first {}", here.gpus.size(),
                                 here.gpus.front().profile.name);
  return here;
}

const host::Runtime* RuntimeThatAsks(const std::vector<host::Runtime>& runtimes) {
  for (const char* family : {"python", "cpp"}) {
    if (const auto* found = suite::FindRuntime(runtimes, family)) return found;
  }
  throw CannotRun("no runtime with CUDA here to ask this machine for its GPUs (portcullis doctor)");
}

host::Host HostHere(const host::Runtime& runtime, runner::Runner& runner) {
  host::Host unknown;
  unknown.name = kHere;
  unknown.simulated = false;
  unknown.device_order = Own("CUDA_DEVICE_ORDER").value_or("");
  const host::Mask allowed{Own("CUDA_VISIBLE_DEVICES")};
  host::Host here = HostFrom(Probe(unknown, allowed, runtime, Ask::kNoMore, runner));
  here.device_order = unknown.device_order;
  if (allowed.value) here.mask = AllOf(here.gpus);
  return here;
}

host::Host SimulatedTwin(host::Host here) {
  here.simulated = true;
  here.mask = {};  // it has the GPUs that may be used, and no others
  here.device_order.clear();
  return here;
}

}  // namespace portcullis::hardware
