// Owns: the one function of the plugin that the simulated runtime calls.
#include <ATen/Context.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "src/simcompute/device_allocator.h"
#include "src/simcompute/operators.h"
#include "src/simcuda/interface/bridge.h"
#include "src/simcuda/interface/host_description.h"

// As torch/csrc/jit/codegen/fuser/interface.h of 2.11 declares it; the wheel of 2.6 lacks that
// header.
namespace torch::jit {
void overrideCanFuseOnGPU(bool value);
}

namespace {

// Where the CUDA runtime is a real one, nothing here is safe: device memory is not the host's.
bool IsOnSimulatedHost() {
  void* start = dlsym(RTLD_DEFAULT, "portcullis_sim_start");
  return start && portcullis_sim_start() == 0 && std::getenv(portcullis::simcuda::kHostVariable);
}

}  // namespace

// 0 if operators compute from here on; else why not stands on standard error.
extern "C" __attribute__((visibility("default"))) int portcullis_compute_start() {
  using namespace portcullis::simcompute;  // NOLINT(google-build-using-namespace)
  try {
    if (!IsOnSimulatedHost()) {
      std::fputs("portcullis: operators do not compute: this process is on no simulated host\n",
                 stderr);
      return 1;
    }
    InstallDeviceAllocator();
    at::globalContext().setUserEnabledCuDNN(false);
    torch::jit::overrideCanFuseOnGPU(false);  // into kernels that NVRTC would compile
    TakeOverOperators();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portcullis: operators do not compute: %s\n", error.what());
    return 1;
  }
}
