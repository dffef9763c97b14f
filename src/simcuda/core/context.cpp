#include "src/simcuda/core/context.h"

#include <mutex>

#include "src/simcuda/core/plugin.h"
#include "src/simcuda/core/process.h"

namespace portcullis::simcuda {
namespace {

cudaError_t CreateContext(Process& process, Device& device) {
  const std::lock_guard lock(device.context_mutex());
  if (device.active()) return cudaSuccess;
  if (device.description().state != DeviceState::kHealthy) return cudaErrorDevicesUnavailable;
  const cudaError_t injected = process.faults().Ask({FaultPoint::kContext, &device}).error;
  if (injected == cudaSuccess) device.Activate();
  return injected;
}

}  // namespace

cudaError_t EnterContext(Process& process, Device& device) {
  if (device.sticky() != cudaSuccess) return device.sticky();
  if (const cudaError_t unusable = LoadPlugin(); unusable != cudaSuccess) return unusable;
  return device.active() ? cudaSuccess : CreateContext(process, device);
}

}  // namespace portcullis::simcuda
