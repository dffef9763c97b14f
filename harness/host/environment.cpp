#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <map>
#include <set>

#include "harness/host/child_host.h"
#include "harness/host/visible.h"
#include "src/base/error.h"

namespace portcullis::host {
namespace {

namespace fs = std::filesystem;

constexpr char kNowhere[] = "/nonexistent";

// LD_PRELOAD takes names without a folder, found through LD_LIBRARY_PATH: its own list is
// separated by spaces and colons, so a path could not have a space.
void AddStandins(const Runtime& runtime, Environment& environment) {
  CheckSearchable(runtime.standins);
  std::string& search = environment["LD_LIBRARY_PATH"];
  search = runtime.standins.string() + (search.empty() ? "" : ":" + search);
  if (!runtime.preload) return;
  std::string& preload = environment["LD_PRELOAD"];
  preload = fmt::format("{}{}{}", fmt::join(LibraryNames(runtime.standins), " "),
                        preload.empty() ? "" : " ", preload);
}

// The recorder takes the runtime's entry points before the runtime itself.
void AddRecorder(const Runtime& runtime, Environment& environment) {
  std::string& preload = environment["LD_PRELOAD"];
  preload = runtime.recorder.string() + (preload.empty() ? "" : " " + preload);
}

// Some machines have their driver only where the caller's LD_LIBRARY_PATH points (containers that
// mount it, for one).
void AddCallersLibraries(Environment& environment) {
  const char* callers = std::getenv("LD_LIBRARY_PATH");
  if (callers == nullptr || *callers == '\0') return;
  std::string& search = environment["LD_LIBRARY_PATH"];
  search += (search.empty() ? "" : ":") + std::string(callers);
}

// Where each GPU of the host is, so that the recorder knows it behind any mask.
std::string PciAddresses(const Host& host) {
  std::vector<std::string> addresses;
  for (const Gpu& gpu : host.gpus) {
    addresses.push_back(fmt::format("{:04x}:{:02x}:{:02x}.0", gpu.pci_domain,
                                    gpu.pci_bus.value_or(0), gpu.pci_device));
  }
  return fmt::format("{}", fmt::join(addresses, ","));
}

}  // namespace

void CheckSearchable(const fs::path& folder) {
  if (folder.string().find_first_of(":;") != std::string::npos) {
    throw CannotRun(
        fmt::format("the folder of stand-in libraries {} has ':' or ';' in its path, "
                    "which LD_LIBRARY_PATH cannot hold; build somewhere else",
                    folder.string()));
  }
}

std::vector<std::string> LibraryNames(const fs::path& folder) {
  std::map<fs::path, std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".so") && name.find(".so.") == std::string::npos) continue;
    std::string& kept = names[fs::canonical(entry->path(), error)];
    if (name.size() > kept.size()) kept = name;
  }
  if (error || names.empty()) {
    throw CannotRun(fmt::format("no stand-in libraries in {}{}; build them again", folder.string(),
                                error ? ": " + error.message() : ""));
  }
  std::set<std::string> sorted;
  for (const auto& [file, name] : names) sorted.insert(name);
  return {sorted.begin(), sorted.end()};
}

Environment BuildWarmEnvironment(const Runtime& runtime, bool simulated) {
  Environment environment = {
      {"PATH", "/usr/bin:/bin"},
      {"HOME", kNowhere},
      {"TMPDIR", kNowhere},
      {"LANG", "C.UTF-8"},
      {"OMP_NUM_THREADS", "1"},  // cases run beside each other; one of
                                 // them must not take all cores
      {"MKL_NUM_THREADS", "1"},
      {"PYTHONNOUSERSITE", "1"},
      {"PYTHONDONTWRITEBYTECODE", "1"},
  };
  for (const auto& [name, value] : runtime.environment) environment[name] = value;
  if (simulated && !runtime.standins.empty()) AddStandins(runtime, environment);
  if (!simulated) AddCallersLibraries(environment);
  if (!simulated && !runtime.recorder.empty()) AddRecorder(runtime, environment);
  environment.erase("CUDA_VISIBLE_DEVICES");  // the mask alone decides
  return environment;
}

Environment BuildEnvironment(const Host& host, const Mask& mask, const Runtime& runtime,
                             const fs::path& folder, const fs::path& description,
                             const fs::path& record) {
  Environment environment = BuildWarmEnvironment(runtime, host.simulated);
  for (const char* name : {"HOME", "TMPDIR"}) {
    if (environment[name] == kNowhere) environment[name] = folder.string();
  }
  const Mask in_force = host.simulated ? mask : WithinCallers(host, mask);
  if (in_force.value) environment["CUDA_VISIBLE_DEVICES"] = *in_force.value;
  if (!host.device_order.empty()) environment["CUDA_DEVICE_ORDER"] = host.device_order;
  if (host.simulated) {
    environment[simcuda::kHostVariable] = description.string();
    environment[simcuda::kRecordVariable] = record.string();
  } else {
    environment[simcuda::kHardwareRecordVariable] = record.string();
    environment[simcuda::kHardwareDevicesVariable] = PciAddresses(host);
  }
  return environment;
}

}  // namespace portcullis::host
