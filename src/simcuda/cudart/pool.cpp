// Owns: the entry points of stream-ordered allocation, as far as default pools go.
#include <cuda_runtime_api.h>

#include <algorithm>

#include "src/simcuda/core/allocate.h"
#include "src/simcuda/core/call.h"
#include "src/simcuda/core/stream.h"

namespace portcullis::simcuda {
namespace {

// The device whose default pool this handle is; null if it is none.
Device* FindPool(Process& process, cudaMemPool_t handle) {
  const auto devices = process.devices();
  const auto found = std::find_if(devices.begin(), devices.end(), [handle](const auto& device) {
    return reinterpret_cast<cudaMemPool_t>(&device->pool()) == handle;
  });
  return found == devices.end() ? nullptr : found->get();
}

template <class Body>
cudaError_t CallOnPool(Entry entry, cudaMemPool_t handle, Body&& body) {
  return Call(entry, [&](Process& process) {
    Device* device = FindPool(process, handle);
    return device ? body(*device) : cudaErrorInvalidValue;
  });
}

cudaError_t GetDefaultPool(Entry entry, cudaMemPool_t* handle, int ordinal) {
  return Call(entry, [&](Process& process) {
    if (!handle) return cudaErrorInvalidValue;
    Device* device = process.FindDevice(ordinal);
    if (!device) return cudaErrorInvalidDevice;
    *handle = reinterpret_cast<cudaMemPool_t>(&device->pool());
    return cudaSuccess;
  });
}

std::atomic<int>* FindSwitch(Pool& pool, cudaMemPoolAttr attribute) {
  switch (attribute) {
    case cudaMemPoolReuseFollowEventDependencies:
      return &pool.reuse_follow_event_dependencies;
    case cudaMemPoolReuseAllowOpportunistic:
      return &pool.reuse_allow_opportunistic;
    case cudaMemPoolReuseAllowInternalDependencies:
      return &pool.reuse_allow_internal_dependencies;
    default:
      return nullptr;
  }
}

// Reserved and used are the same, because nothing is kept back.
std::atomic<std::uint64_t>* FindAmount(Pool& pool, cudaMemPoolAttr attribute) {
  switch (attribute) {
    case cudaMemPoolAttrReleaseThreshold:
      return &pool.release_threshold;
    case cudaMemPoolAttrReservedMemCurrent:
    case cudaMemPoolAttrUsedMemCurrent:
      return &pool.used;
    case cudaMemPoolAttrReservedMemHigh:
    case cudaMemPoolAttrUsedMemHigh:
      return &pool.used_high;
    default:
      return nullptr;
  }
}

// Of the amounts, the threshold may be set to anything and the high marks to zero only.
cudaError_t SetAmount(std::atomic<std::uint64_t>& amount, Pool& pool, std::uint64_t value) {
  if (&amount == &pool.used) return cudaErrorInvalidValue;
  if (&amount == &pool.used_high && value != 0) return cudaErrorInvalidValue;
  amount = &amount == &pool.used_high ? pool.used.load() : value;
  return cudaSuccess;
}

void CountPoolUse(Pool& pool, std::uint64_t more) {
  const std::uint64_t used = pool.used += more;
  std::uint64_t high = pool.used_high;
  while (high < used && !pool.used_high.compare_exchange_weak(high, used)) {
  }
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int ordinal) {
  return GetDefaultPool("cudaDeviceGetDefaultMemPool", pool, ordinal);
}

PORTCULLIS_ENTRY cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int ordinal) {
  return GetDefaultPool("cudaDeviceGetMemPool", pool, ordinal);
}

PORTCULLIS_ENTRY cudaError_t cudaMallocAsync(void** address, std::size_t bytes,
                                             cudaStream_t stream) {
  return CallOnDevice("cudaMallocAsync", [&](Process& process, Device& current) {
    const auto on = FindStream(stream, current.ordinal());
    if (!on) return cudaErrorInvalidResourceHandle;
    Device& device = *process.FindDevice(on->device);
    const std::uint64_t before = device.memory().in_use();
    const cudaError_t error = Allocate(process, device, address, bytes);
    if (error == cudaSuccess) CountPoolUse(device.pool(), device.memory().in_use() - before);
    return error;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  return CallOnDevice("cudaFreeAsync", [&](Process& process, Device&) {
    if (!IsStream(stream)) return cudaErrorInvalidResourceHandle;
    Device* owner = process.FindOwner(address);
    const auto allocation = owner ? owner->memory().Find(address) : std::nullopt;
    if (allocation)
      owner->pool().used -=
          std::min(owner->pool().used.load(), std::uint64_t{allocation->reserved});
    return address ? Free(process, address) : cudaErrorInvalidValue;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute,
                                                     void* value) {
  return CallOnPool("cudaMemPoolSetAttribute", pool, [&](Device& device) {
    if (!value) return cudaErrorInvalidValue;
    if (auto* amount = FindAmount(device.pool(), attribute)) {
      return SetAmount(*amount, device.pool(), *static_cast<std::uint64_t*>(value));
    }
    auto* on_off = FindSwitch(device.pool(), attribute);
    if (!on_off) return cudaErrorInvalidValue;
    *on_off = *static_cast<int*>(value);
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute,
                                                     void* value) {
  return CallOnPool("cudaMemPoolGetAttribute", pool, [&](Device& device) {
    if (!value) return cudaErrorInvalidValue;
    if (const auto* amount = FindAmount(device.pool(), attribute)) {
      *static_cast<std::uint64_t*>(value) = *amount;
      return cudaSuccess;
    }
    const auto* on_off = FindSwitch(device.pool(), attribute);
    if (!on_off) return cudaErrorInvalidValue;
    *static_cast<int*>(value) = *on_off;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaMemPoolSetAccess(cudaMemPool_t pool,
                                                  const cudaMemAccessDesc* descriptions,
                                                  std::size_t count) {
  return CallOnPool("cudaMemPoolSetAccess", pool, [&](Device&) {
    return descriptions || count == 0 ? cudaSuccess : cudaErrorInvalidValue;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaMemPoolGetAccess(cudaMemAccessFlags* flags, cudaMemPool_t pool,
                                                  cudaMemLocation* location) {
  return CallOnPool("cudaMemPoolGetAccess", pool, [&](Device&) {
    if (!flags || !location) return cudaErrorInvalidValue;
    *flags = cudaMemAccessFlagsProtReadWrite;
    return cudaSuccess;
  });
}

PORTCULLIS_ENTRY cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, std::size_t) {
  return CallOnPool("cudaMemPoolTrimTo", pool, [](Device&) { return cudaSuccess; });
}
