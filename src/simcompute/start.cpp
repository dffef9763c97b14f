// Owns: the one function of the plugin that the simulated runtime calls.
#include <ATen/Context.h>

#include <cstdio>
#include <exception>

#include "src/simcompute/device_allocator.h"
#include "src/simcompute/operators.h"

// 0 if operators compute from here on; else why not stands on standard error.
extern "C" __attribute__((visibility("default"))) int portcullis_compute_start() {
  using namespace portcullis::simcompute;  // NOLINT(google-build-using-namespace)
  try {
    InstallDeviceAllocator();
    at::globalContext().setUserEnabledCuDNN(false);
    TakeOverOperators();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portcullis: operators do not compute: %s\n", error.what());
    return 1;
  }
}
