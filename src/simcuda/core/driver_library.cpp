#include "src/simcuda/core/driver_library.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <string>

namespace portcullis::simcuda {

void* OpenDriverLibrary() {
  Dl_info self = {};
  dladdr(reinterpret_cast<const void*>(&cudaGetDeviceCount), &self);
  const std::string path = self.dli_fname ? self.dli_fname : "";
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  return dlopen((folder + "libcuda.so.1").c_str(), RTLD_NOW | RTLD_LOCAL);
}

}  // namespace portcullis::simcuda
