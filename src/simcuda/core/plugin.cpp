#include "src/simcuda/core/plugin.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>

#include "src/simcuda/core/say.h"
#include "src/simcuda/interface/compute.h"

namespace portcullis::simcuda {
namespace {

enum class State { kUnknown, kWaiting, kDone, kUnusable };

std::atomic<State> state = State::kUnknown;
std::atomic<bool> is_loaded = false;
std::recursive_mutex loading;  // the plugin may call the runtime while it starts

bool IsTorchHere() { return dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD) != nullptr; }

bool Start(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* start = library ? dlsym(library, "portcullis_compute_start") : nullptr;
  if (!start) {
    Say(std::string(kComputeVariable) + ": cannot load the computing plugin: " + dlerror());
    return false;
  }
  return reinterpret_cast<int (*)()>(start)() == 0;
}

}  // namespace

cudaError_t LoadPlugin() {
  if (state == State::kDone) return cudaSuccess;
  const std::lock_guard lock(loading);
  if (state == State::kUnknown) {
    const char* path = std::getenv(kComputeVariable);
    state = path && *path ? State::kWaiting : State::kDone;
  }
  if (state == State::kWaiting && IsTorchHere()) {
    state = State::kDone;  // for the calls that it makes itself
    is_loaded = Start(std::getenv(kComputeVariable));
    if (!is_loaded) state = State::kUnusable;
  }
  return state == State::kUnusable ? cudaErrorNotSupported : cudaSuccess;
}

bool HasPlugin() { return is_loaded; }

}  // namespace portcullis::simcuda
