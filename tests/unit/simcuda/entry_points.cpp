#include "tests/unit/simcuda/entry_points.h"

#include <cuda_runtime_api.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace portcullis::simcuda {

std::span<const EntryPoint> EntryPoints() {
  static const EntryPoint all[] = {
#define ENTRY_POINT(name) {#name, reinterpret_cast<void*>(&(name))},
#include "entry_points.inc"
#undef ENTRY_POINT
  };
  return all;
}

}  // namespace portcullis::simcuda
