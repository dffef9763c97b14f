// Owns: the entry points that hand out the driver's own functions.
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <string>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/driver_library.h"

namespace portcullis::simcuda {
namespace {

// A name without a version stands for the newest form of the function (CUDA Driver API 13.0,
// cuGetProcAddress).
void* FindNewest(void* library, const std::string& name) {
  for (const char* version : {"_v3", "_v2", ""}) {
    if (void* function = dlsym(library, (name + version).c_str())) return function;
  }
  return nullptr;
}

cudaError_t FindDriverFunction(Entry entry, const char* name, void** function,
                               cudaDriverEntryPointQueryResult* status) {
  return Call(entry, [&](Process&) {
    if (!name || !function) return cudaErrorInvalidValue;
    void* library = OpenDriverLibrary();
    *function = library ? FindNewest(library, name) : nullptr;
    if (status) {
      *status = *function ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    }
    return *function || status ? cudaSuccess : cudaErrorSymbolNotFound;
  });
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY cudaError_t cudaGetDriverEntryPoint(const char* name, void** function,
                                                     unsigned long long,
                                                     cudaDriverEntryPointQueryResult* status) {
  return FindDriverFunction("cudaGetDriverEntryPoint", name, function, status);
}

#if CUDART_VERSION >= 12060
PORTCULLIS_ENTRY cudaError_t
cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned, unsigned long long,
                                 cudaDriverEntryPointQueryResult* status) {
  return FindDriverFunction("cudaGetDriverEntryPointByVersion", name, function, status);
}
#endif
