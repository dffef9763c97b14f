#include "src/simcuda/core/process.h"

#include <cuda_runtime_api.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "src/simcuda/core/driver_library.h"
#include "src/simcuda/core/host_file.h"
#include "src/simcuda/interface/device_order.h"
#include "src/simcuda/interface/mask.h"

namespace portcullis::simcuda {
namespace {

std::atomic<Process*> current = nullptr;  // never destroyed: used during exit
std::mutex starting;

// A child of a process that had not started becomes a host of its own at its first call; a child
// of one that had cannot use CUDA, as with a real driver.
void MarkAfterFork() {
  if (Process* process = current) process->MarkForked();
  new (&starting) std::mutex;
}

std::optional<std::string_view> Variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string_view>(value) : std::nullopt;
}

// Positions in the host description, in the order of ordinals.
Masked VisiblePositions(const HostDescription& host) {
  const std::vector<std::size_t> order =
      DeviceOrder(host, Variable("CUDA_DEVICE_ORDER") == "PCI_BUS_ID");
  std::vector<Uuid> uuids(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::memcpy(uuids[i].data(), host.devices[order[i]].uuid, uuids[i].size());
  }
  Masked masked = ReadMask(Variable("CUDA_VISIBLE_DEVICES"), uuids);
  for (std::size_t& device : masked.devices) device = order[device];
  return masked;
}

cudaError_t StateOf(const HostDescription& host, bool mask_repeats,
                    std::span<const std::unique_ptr<Device>> devices) {
  if (host.start_error != 0) return static_cast<cudaError_t>(host.start_error);
  if (mask_repeats) return cudaErrorInvalidDevice;
  if (devices.empty()) return cudaErrorNoDevice;
  const bool lost = std::any_of(devices.begin(), devices.end(), [](const auto& device) {
    return device->description().state == DeviceState::kLost;
  });
  return lost ? cudaErrorUnknown : cudaSuccess;
}

// The process, and whether this call has started it.
std::pair<Process*, bool> Start() {
  const std::lock_guard lock(starting);
  if (Process* process = current.load()) return {process, false};
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, MarkAfterFork);
  auto* process = new Process;
  current.store(process, std::memory_order_release);
  return {process, true};
}

}  // namespace

Process& Process::Get() {
  if (Process* process = current.load(std::memory_order_acquire)) return *process;
  auto [process, is_new] = Start();
  if (is_new && process->driver_version() != 0) OpenDriverLibrary();
  return *process;
}

void Process::Forget() { delete current.exchange(nullptr); }

bool Process::started() { return current.load(std::memory_order_acquire) != nullptr; }

Process::Process() {
  const std::optional<HostDescription> host = ReadHost();
  if (!host || host->driver_version == 0) return;
  driver_version_ = host->driver_version;
  // A driver serves every runtime of its own major version (minor version compatibility).
  if (driver_version_ / 1000 < CUDART_VERSION / 1000) return;
  const Masked visible = VisiblePositions(*host);
  for (const std::size_t position : visible.devices) {
    devices_.push_back(std::make_unique<Device>(static_cast<int>(devices_.size()),
                                                static_cast<std::uint32_t>(position),
                                                host->devices[position]));
  }
  state_ = StateOf(*host, visible.repeats, devices_);
  faults_ = FaultPlan(*host);
}

Device* Process::FindDevice(int ordinal) const {
  if (ordinal < 0 || static_cast<std::size_t>(ordinal) >= devices_.size()) return nullptr;
  return devices_[static_cast<std::size_t>(ordinal)].get();
}

Device* Process::FindOwner(const void* address) const {
  const auto owner = std::find_if(devices_.begin(), devices_.end(), [address](const auto& device) {
    return device->memory().Owns(address);
  });
  return owner == devices_.end() ? nullptr : owner->get();
}

int& CurrentOrdinal() {
  thread_local int ordinal = 0;
  return ordinal;
}

}  // namespace portcullis::simcuda
