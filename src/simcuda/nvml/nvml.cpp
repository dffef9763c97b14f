// Owns: libnvidia-ml.so.1, as far as PyTorch counts devices with it. It reads the host description
// by itself: NVML has nothing to do with a process's CUDA context, nor with its mask.
//
// NVML's header is not part of the CUDA Toolkit's runtime headers; names, numbers and argument
// types are those of the NVML API reference (version 13).
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "src/simcuda/core/host_file.h"
#include "src/simcuda/interface/bridge.h"
#include "src/simcuda/interface/device_order.h"
#include "src/simcuda/interface/mask.h"

#define PORTCULLIS_ENTRY extern "C" __attribute__((visibility("default")))

namespace portcullis::simcuda {
namespace {

enum NvmlReturn : int {
  kSuccess = 0,
  kUninitialized = 1,
  kInvalidArgument = 2,
  kNotSupported = 3,
  kNotFound = 6,
  kInsufficientSize = 7,
  kDriverNotLoaded = 9,
};

// nvmlProcessInfo_v1_t
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_bytes;
};

// Read at the first nvmlInit that finds a driver, and kept.
std::optional<HostDescription>& Host() {
  static auto* host = new std::optional<HostDescription>;
  return *host;
}

int Start() {
  if (Host()) return kSuccess;
  const std::optional<HostDescription> host = ReadHost();
  if (!host || host->driver_version == 0) return kDriverNotLoaded;
  Host() = host;
  return kSuccess;
}

std::vector<std::size_t> Order() { return DeviceOrder(*Host(), /*by_pci_address=*/true); }

bool SamePciBusId(const DeviceDescription& device, const char* text) {
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned number = 0;
  if (std::sscanf(text, "%x:%x:%x", &domain, &bus, &number) != 3) return false;
  return std::tuple(static_cast<int>(domain), static_cast<int>(bus), static_cast<int>(number)) ==
         std::tuple(device.pci_domain, device.pci_bus, device.pci_device);
}

// A handle is the address of the device's description.
bool IsHandle(const void* handle) {
  if (!Host()) return false;
  for (std::uint32_t i = 0; i < Host()->device_count; ++i) {
    if (handle == &Host()->devices[i]) return true;
  }
  return false;
}

// Stores a text where there is room for `length` bytes.
int Store(const std::string& value, char* text, unsigned length) {
  if (!text) return kInvalidArgument;
  if (length <= value.size()) return kInsufficientSize;
  std::memcpy(text, value.c_str(), value.size() + 1);
  return kSuccess;
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY int nvmlInit() { return Start(); }

PORTCULLIS_ENTRY int nvmlInit_v2() { return Start(); }

PORTCULLIS_ENTRY int nvmlShutdown() { return kSuccess; }

PORTCULLIS_ENTRY const char* nvmlErrorString(int error) {
  switch (error) {
    case kSuccess:
      return "The operation was successful";
    case kUninitialized:
      return "NVML was not first initialized with nvmlInit()";
    case kInvalidArgument:
      return "A supplied argument is invalid";
    case kNotSupported:
      return "The requested operation is not available on target device";
    case kNotFound:
      return "A query to find an object was unsuccessful";
    case kInsufficientSize:
      return "An input argument is not large enough";
    case kDriverNotLoaded:
      return "NVIDIA driver is not loaded";
    default:
      return "An internal driver error occurred";
  }
}

PORTCULLIS_ENTRY int nvmlDeviceGetCount_v2(unsigned* count) {
  if (!Host()) return kUninitialized;
  if (!count) return kInvalidArgument;
  *count = Host()->device_count;
  return kSuccess;
}

PORTCULLIS_ENTRY int nvmlDeviceGetHandleByIndex_v2(unsigned index, const void** handle) {
  if (!Host()) return kUninitialized;
  if (!handle || index >= Host()->device_count) return kInvalidArgument;
  *handle = &Host()->devices[Order()[index]];
  return kSuccess;
}

PORTCULLIS_ENTRY int nvmlDeviceGetHandleByPciBusId_v2(const char* text, const void** handle) {
  if (!Host()) return kUninitialized;
  if (!handle || !text) return kInvalidArgument;
  for (const std::size_t i : Order()) {
    if (!SamePciBusId(Host()->devices[i], text)) continue;
    *handle = &Host()->devices[i];
    return kSuccess;
  }
  return kNotFound;
}

PORTCULLIS_ENTRY int nvmlDeviceGetUUID(const void* handle, char* text, unsigned length) {
  if (!IsHandle(handle)) return kInvalidArgument;
  Uuid uuid;
  std::memcpy(uuid.data(), static_cast<const DeviceDescription*>(handle)->uuid, uuid.size());
  return Store(UuidText(uuid), text, length);
}

PORTCULLIS_ENTRY int nvmlDeviceGetName(const void* handle, char* text, unsigned length) {
  if (!IsHandle(handle)) return kInvalidArgument;
  return Store(static_cast<const DeviceDescription*>(handle)->name, text, length);
}

// PyTorch asks this when memory runs out, to say who uses it. Only this process is known.
PORTCULLIS_ENTRY int nvmlDeviceGetComputeRunningProcesses(const void* handle, unsigned* count,
                                                          ProcessInfo* processes) {
  if (!IsHandle(handle) || !count) return kInvalidArgument;
  const auto position = static_cast<const DeviceDescription*>(handle) - Host()->devices;
  const unsigned long long used = portcullis_sim_memory_in_use(static_cast<unsigned>(position));
  const unsigned room = std::exchange(*count, used > 0 ? 1 : 0);
  if (used == 0) return kSuccess;
  if (room == 0) return kInsufficientSize;
  processes[0] = {static_cast<unsigned>(getpid()), used};
  return kSuccess;
}

PORTCULLIS_ENTRY int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  if (!Host()) return kDriverNotLoaded;
  if (!version) return kInvalidArgument;
  *version = Host()->driver_version;
  return kSuccess;
}
