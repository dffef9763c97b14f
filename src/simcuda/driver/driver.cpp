// Owns: libcuda.so.1, the few functions of the driver that a runtime asks for. What they know is
// libcudart's (interface/bridge.h); a context handle stands for the primary context of one device.
#include <cuda.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "src/simcuda/interface/bridge.h"
#include "src/simcuda/interface/errors.h"
#include "src/simcuda/interface/host_description.h"

#define PORTCULLIS_ENTRY extern "C" __attribute__((visibility("default")))

namespace portcullis::simcuda {
namespace {

thread_local bool thread_has_context = false;

CUresult AsResult(int error) {
  // Without a usable driver the runtime says "insufficient driver"; libcuda itself, of the same
  // host, would not be there at all or be another version of itself.
  constexpr int kInsufficientDriver = 35;
  return error == kInsufficientDriver ? CUDA_ERROR_NO_DEVICE : static_cast<CUresult>(error);
}

// body() once cuInit has succeeded; before it the driver says CUDA_ERROR_NOT_INITIALIZED.
template <class Body>
CUresult Started(Body&& body) {
  if (!portcullis_sim_started()) return CUDA_ERROR_NOT_INITIALIZED;
  const int state = portcullis_sim_start();
  return state == 0 ? body() : AsResult(state);
}

bool IsDevice(int ordinal) { return ordinal >= 0 && ordinal < portcullis_sim_device_count(); }

// Handles are never followed, only told apart: one address for each device.
char context_of_device[kMaxDevices];

CUcontext ContextOf(int ordinal) {
  return reinterpret_cast<CUcontext>(&context_of_device[ordinal]);
}
int OrdinalOf(CUcontext context) {
  return static_cast<int>(reinterpret_cast<char*>(context) - context_of_device);
}

const void* AsPointer(CUdeviceptr address) {
  return reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr): CUDA's type
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY CUresult cuInit(unsigned flags) {
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  return AsResult(portcullis_sim_start());
}

PORTCULLIS_ENTRY CUresult cuDriverGetVersion(int* version) {
  if (!version) return CUDA_ERROR_INVALID_VALUE;
  *version = portcullis_sim_driver_version();
  return CUDA_SUCCESS;
}

// The driver's numbers are the runtime's, and so are its texts (driver_types.h, 13.0).
PORTCULLIS_ENTRY CUresult cuGetErrorString(CUresult error, const char** text) {
  if (!text) return CUDA_ERROR_INVALID_VALUE;
  const portcullis::simcuda::ErrorText& row = FindError(error);
  *text = row.code < 0 ? nullptr : row.text;
  return row.code < 0 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

PORTCULLIS_ENTRY CUresult cuDeviceGetCount(int* count) {
  return Started([&] {
    if (!count) return CUDA_ERROR_INVALID_VALUE;
    *count = portcullis_sim_device_count();
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return Started([&] {
    if (!device) return CUDA_ERROR_INVALID_VALUE;
    if (!IsDevice(ordinal)) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return Started([&] {
    char whole[256];
    if (!name || length <= 0) return CUDA_ERROR_INVALID_VALUE;
    const int error = portcullis_sim_describe(device, whole, nullptr, nullptr);
    if (error == 0) std::snprintf(name, static_cast<std::size_t>(length), "%s", whole);
    return AsResult(error);
  });
}

PORTCULLIS_ENTRY CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  return Started([&] {
    if (!uuid) return CUDA_ERROR_INVALID_VALUE;
    unsigned char bytes[16];
    const int error = portcullis_sim_describe(device, nullptr, bytes, nullptr);
    if (error == 0) std::memcpy(uuid->bytes, bytes, sizeof bytes);
    return AsResult(error);
  });
}

PORTCULLIS_ENTRY CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  return Started([&] {
    if (!bytes) return CUDA_ERROR_INVALID_VALUE;
    return AsResult(portcullis_sim_describe(device, nullptr, nullptr, bytes));
  });
}

PORTCULLIS_ENTRY CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute,
                                               CUdevice device) {
  return Started([&] { return AsResult(portcullis_sim_attribute(value, attribute, device)); });
}

PORTCULLIS_ENTRY CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags,
                                                     int* active) {
  return Started([&] {
    if (!IsDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    if (flags) *flags = 0;
    if (active) *active = portcullis_sim_context_active(device);
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return Started([&] {
    if (!context) return CUDA_ERROR_INVALID_VALUE;
    const int error = portcullis_sim_activate_context(device);
    if (error == 0) *context = ContextOf(device);
    return AsResult(error);
  });
}

PORTCULLIS_ENTRY CUresult cuCtxGetCurrent(CUcontext* context) {
  return Started([&] {
    if (!context) return CUDA_ERROR_INVALID_VALUE;
    const int device = portcullis_sim_current_device();
    const bool current = thread_has_context || portcullis_sim_context_active(device);
    *context = current ? ContextOf(device) : nullptr;
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuCtxSetCurrent(CUcontext context) {
  return Started([&] {
    thread_has_context = context != nullptr;
    if (!context) return CUDA_SUCCESS;
    return AsResult(portcullis_sim_set_current_device(OrdinalOf(context)));
  });
}

PORTCULLIS_ENTRY CUresult cuCtxGetDevice(CUdevice* device) {
  return Started([&] {
    if (!device) return CUDA_ERROR_INVALID_VALUE;
    *device = portcullis_sim_current_device();
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* bytes,
                                                  CUdeviceptr address) {
  return Started([&] {
    int kind = 0;
    int ordinal = 0;
    void* start = nullptr;
    std::size_t length = 0;
    const int error = portcullis_sim_locate(AsPointer(address), &kind, &ordinal, &start, &length);
    if (error != 0) return CUDA_ERROR_NOT_FOUND;
    if (base) *base = reinterpret_cast<CUdeviceptr>(start);
    if (bytes) *bytes = length;
    return CUDA_SUCCESS;
  });
}

PORTCULLIS_ENTRY CUresult cuPointerGetAttribute(void* data, CUpointer_attribute attribute,
                                                CUdeviceptr address) {
  return Started([&] {
    int kind = 0;
    int ordinal = 0;
    void* start = nullptr;
    std::size_t length = 0;
    if (!data || portcullis_sim_locate(AsPointer(address), &kind, &ordinal, &start, &length) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    switch (attribute) {
      case CU_POINTER_ATTRIBUTE_CONTEXT:
        *static_cast<CUcontext*>(data) = ContextOf(ordinal);
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *static_cast<unsigned*>(data) = static_cast<unsigned>(kind);
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        *static_cast<int*>(data) = ordinal;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
        *static_cast<CUdeviceptr*>(data) = address;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        *static_cast<CUdeviceptr*>(data) = reinterpret_cast<CUdeviceptr>(start);
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        *static_cast<std::size_t*>(data) = length;
        return CUDA_SUCCESS;
      default:
        portcullis_sim_refuse("libcuda.so.1", "cuPointerGetAttribute");
        return CUDA_ERROR_NOT_SUPPORTED;
    }
  });
}
