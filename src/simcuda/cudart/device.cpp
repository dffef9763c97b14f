// Owns: the entry points about devices.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <optional>
#include <string>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/properties.h"
#include "src/simcuda/core/stream.h"

namespace portcullis::simcuda {
namespace {

// The device of an ordinal that a program gives: body(device), or cudaErrorInvalidDevice.
template <class Body>
cudaError_t CallOn(Entry entry, int ordinal, Body&& body) {
  return Call(entry, [&](Process& process) {
    Device* device = process.FindDevice(ordinal);
    return device ? body(process, *device) : cudaErrorInvalidDevice;
  });
}

#if CUDART_VERSION >= 13000
constexpr char kGetProperties[] = "cudaGetDeviceProperties";
#else
constexpr char kGetProperties[] = "cudaGetDeviceProperties_v2";
#endif

constexpr int kLastLimit = cudaLimitPersistingL2CacheSize;

// Any of "domain:bus:device.function", "domain:bus:device" and "bus:device.function".
bool IsPciBusId(const char* text) {
  unsigned part = 0;
  return std::sscanf(text, "%x:%x", &part, &part) == 2;
}

// CUDA's defaults on 64-bit Linux; those that depend on the device as an NVIDIA H200 has them.
std::optional<std::size_t> DefaultLimit(cudaLimit limit, const DeviceDescription& d) {
  const bool hopper = d.compute_major >= 9;
  switch (limit) {
    case cudaLimitStackSize:
      return 1024;
    case cudaLimitPrintfFifoSize:
      return hopper ? static_cast<std::size_t>(d.multiprocessors) << 16U : 1U << 20U;
    case cudaLimitMallocHeapSize:
      return 8U << 20U;
    case cudaLimitMaxL2FetchGranularity:
      return hopper ? std::optional<std::size_t>(64) : std::nullopt;
    case cudaLimitPersistingL2CacheSize:
      return hopper ? std::optional<std::size_t>(d.l2_bytes / 16 * 3) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaDriverGetVersion(int* version) {
  if (!version) return Finish(cudaErrorInvalidValue);
  *version = Process::Get().driver_version();
  Record::Get().CountCall();
  return cudaSuccess;
}

PORTCULLIS_ENTRY cudaError_t cudaRuntimeGetVersion(int* version) {
  if (!version) return Finish(cudaErrorInvalidValue);
  *version = CUDART_VERSION;
  return cudaSuccess;
}

PORTCULLIS_ENTRY cudaError_t cudaGetDeviceCount(int* count) {
  return Call("cudaGetDeviceCount", [&](Process& process) {
    if (!count) return cudaErrorInvalidValue;
    *count = static_cast<int>(process.devices().size());
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaGetDevice(int* ordinal) {
  return Call("cudaGetDevice", [&](Process&) {
    if (!ordinal) return cudaErrorInvalidValue;
    *ordinal = CurrentOrdinal();
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaSetDevice(int ordinal) {
  return CallOn("cudaSetDevice", ordinal, [&](Process& process, Device& device) {
    const Injected injected = process.faults().Ask({FaultPoint::kSetDevice, &device});
    if (injected.error != cudaSuccess) return injected.error;
    CurrentOrdinal() = ordinal;
    return EnterContext(process, device);
  });
}

PORTCULLIS_ENTRY cudaError_t cudaInitDevice(int ordinal, unsigned, unsigned) {
  return CallOn("cudaInitDevice", ordinal,
                [](Process& process, Device& device) { return EnterContext(process, device); });
}

PORTCULLIS_ENTRY cudaError_t cudaGetDeviceFlags(unsigned* flags) {
  return CallOnDevice("cudaGetDeviceFlags", [&](Process&, Device&) {
    if (!flags) return cudaErrorInvalidValue;
    *flags = cudaDeviceScheduleAuto | cudaDeviceMapHost;
    return cudaSuccess;
  });
}

#if CUDART_VERSION >= 13000
PORTCULLIS_ENTRY cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int ordinal) {
#else
PORTCULLIS_ENTRY cudaError_t cudaGetDeviceProperties_v2(cudaDeviceProp* properties, int ordinal) {
#endif
  return CallOn(kGetProperties, ordinal, [&](Process&, Device& device) {
    if (!properties) return cudaErrorInvalidValue;
    *properties = Properties(device);
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute,
                                                    int ordinal) {
  return CallOn("cudaDeviceGetAttribute", ordinal, [&](Process&, Device& device) {
    const std::optional<int> found = Attribute(device, attribute);
    if (!value || !found) return cudaErrorInvalidValue;
    *value = *found;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int ordinal) {
  return CallOn("cudaDeviceGetPCIBusId", ordinal, [&](Process&, Device& device) {
    const std::string id = PciBusId(device.description());
    if (!text || length <= static_cast<int>(id.size())) return cudaErrorInvalidValue;
    id.copy(text, id.size());
    text[id.size()] = '\0';
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetByPCIBusId(int* ordinal, const char* text) {
  return Call("cudaDeviceGetByPCIBusId", [&](Process& process) {
    if (!ordinal || !text || !IsPciBusId(text)) return cudaErrorInvalidValue;
    for (const auto& device : process.devices()) {
      if (PciBusId(device->description()) != text) continue;
      *ordinal = device->ordinal();
      return cudaSuccess;
    }
    return cudaErrorInvalidDevice;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return CallOnDevice("cudaDeviceGetStreamPriorityRange", [&](Process&, Device&) {
    if (least) *least = kLeastPriority;
    if (greatest) *greatest = kGreatestPriority;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetLimit(std::size_t* value, cudaLimit limit) {
  return CallOnDevice("cudaDeviceGetLimit", [&](Process&, Device& device) {
    if (!value || limit < 0 || limit > kLastLimit) return cudaErrorInvalidValue;
    const auto found = DefaultLimit(limit, device.description());
    if (!found) return cudaErrorUnsupportedLimit;
    *value = *found;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceSynchronize() {
  return CallOnDevice("cudaDeviceSynchronize", [](Process& process, Device& device) {
    return process.faults().Ask({FaultPoint::kSync, &device}).error;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceReset() {
  return Call("cudaDeviceReset", [](Process& process) {
    Device& device = *process.FindDevice(CurrentOrdinal());
    Record::Get().CountFree(device.physical(), device.Reset());
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceCanAccessPeer(int* can, int ordinal, int peer) {
  return Call("cudaDeviceCanAccessPeer", [&](Process& process) {
    if (!can) return cudaErrorInvalidValue;
    if (!process.FindDevice(ordinal) || !process.FindDevice(peer)) return cudaErrorInvalidDevice;
    *can = ordinal != peer;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags) {
  return CallOnDevice("cudaDeviceEnablePeerAccess", [&](Process& process, Device& device) {
    if (flags != 0) return cudaErrorInvalidValue;
    if (!process.FindDevice(peer)) return cudaErrorInvalidDevice;
    if (peer == device.ordinal()) return cudaErrorPeerAccessUnsupported;
    return device.EnablePeer(peer) ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  return CallOnDevice("cudaDeviceDisablePeerAccess", [&](Process& process, Device& device) {
    if (!process.FindDevice(peer)) return cudaErrorInvalidDevice;
    return device.DisablePeer(peer) ? cudaSuccess : cudaErrorPeerAccessNotEnabled;
  });
}
