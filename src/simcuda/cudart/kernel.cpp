// Owns: the entry points through which compiled CUDA code registers and launches its kernels.
// A simulated device does not compute: a launch is counted, then refused by name; where the kernel
// was not compiled for the device, it fails as on a real one.
#include <cuda_runtime_api.h>

#include <vector>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/kernel_image.h"
#include "src/simcuda/core/library_name.h"

namespace portcullis::simcuda {
namespace {

// CUDA 13 says so on an H200; before, a function was no handle of a kernel.
constexpr cudaError_t kNoSuchKernel =
    CUDART_VERSION >= 13000 ? cudaErrorInvalidResourceHandle : cudaErrorInvalidDeviceFunction;

cudaError_t RefuseLaunch(Entry entry, const void* function) {
  return CallOnDevice(entry, [&](Process& process, Device& device) {
    Record::Get().CountKernel(device.physical());
    const Injected injected = process.faults().Ask({FaultPoint::kLaunch, &device});
    if (injected.error != cudaSuccess) return injected.error;
    if (device.sticky() != cudaSuccess) return cudaSuccess;  // the next call says what broke
    if (!Kernels::Get().Knows(function)) return kNoSuchKernel;
    if (!Kernels::Get().CanRun(function, device)) return cudaErrorNoKernelImageForDevice;
    Record::Get().Refuse(
        kLibraryName, kEntryNames[entry.row()],
        "a simulated device does not compute; the kernel is " + Kernels::Get().Name(function));
    return cudaErrorNotSupported;
  });
}

// What <<<…>>> leaves for the launch that follows it.
struct CallConfiguration {
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes;
  cudaStream_t stream;
};

std::vector<CallConfiguration>& Configurations() {
  thread_local std::vector<CallConfiguration> stack;
  return stack;
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

// The handle of a fat binary points to its wrapper.
PORTCULLIS_ENTRY void** __cudaRegisterFatBinary(void* wrapper) {
  Kernels::Get().AddBinary(wrapper);
  return new void*(wrapper);
}

PORTCULLIS_ENTRY void __cudaRegisterFatBinaryEnd(void**) {}

PORTCULLIS_ENTRY void __cudaUnregisterFatBinary(void** handle) {
  Kernels::Get().RemoveBinary(*handle);
  delete handle;
}

PORTCULLIS_ENTRY void __cudaRegisterFunction(void** handle, const char* host_function,
                                             char* device_name, const char*, int, uint3*, uint3*,
                                             dim3*, dim3*, int*) {
  Kernels::Get().Add(host_function, device_name, *handle);
}

PORTCULLIS_ENTRY void __cudaRegisterVar(void**, char*, char*, const char*, int, std::size_t, int,
                                        int) {}

PORTCULLIS_ENTRY void __cudaRegisterHostVar(void**, const char*, char*, std::size_t) {}

PORTCULLIS_ENTRY void __cudaRegisterManagedVar(void**, void**, char*, const char*, int, std::size_t,
                                               int, int) {}

PORTCULLIS_ENTRY char __cudaInitModule(void**) { return 1; }

PORTCULLIS_ENTRY unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block,
                                                      std::size_t shared_bytes,
                                                      CUstream_st* stream) {
  Configurations().push_back({grid, block, shared_bytes, stream});
  return 0;
}

PORTCULLIS_ENTRY cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block,
                                                        std::size_t* shared_bytes, void* stream) {
  if (Configurations().empty()) return Finish(cudaErrorMissingConfiguration);
  const CallConfiguration configuration = Configurations().back();
  Configurations().pop_back();
  *grid = configuration.grid;
  *block = configuration.block;
  *shared_bytes = configuration.shared_bytes;
  *static_cast<cudaStream_t*>(stream) = configuration.stream;
  return cudaSuccess;
}

PORTCULLIS_ENTRY cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}

PORTCULLIS_ENTRY cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3, dim3, void**,
                                                std::size_t, cudaStream_t) {
  return RefuseLaunch("cudaLaunchKernel", kernel);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernel(const void* function, dim3, dim3, void**, std::size_t,
                                              cudaStream_t) {
  return RefuseLaunch("cudaLaunchKernel", function);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t*, const void* function,
                                                 void**) {
  return RefuseLaunch("cudaLaunchKernelExC", function);
}

PORTCULLIS_ENTRY cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3, dim3, void**,
                                                         std::size_t, cudaStream_t) {
  return RefuseLaunch("cudaLaunchCooperativeKernel", function);
}

PORTCULLIS_ENTRY cudaError_t cudaProfilerStart() {
  return Call("cudaProfilerStart", [](Process&) { return cudaSuccess; });
}

PORTCULLIS_ENTRY cudaError_t cudaProfilerStop() {
  return Call("cudaProfilerStop", [](Process&) { return cudaSuccess; });
}

PORTCULLIS_ENTRY cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w,
                                                             cudaChannelFormatKind format) {
  return {x, y, z, w, format};
}
