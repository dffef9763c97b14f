// Owns: the entry points about errors.
#include <cuda_runtime_api.h>

#include <utility>

#include "src/simcuda/core/call.h"
#include "src/simcuda/interface/errors.h"

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY const char* cudaGetErrorName(cudaError_t error) { return FindError(error).name; }

PORTCULLIS_ENTRY const char* cudaGetErrorString(cudaError_t error) { return FindError(error).text; }

// Without a usable driver both repeat that, whatever happened since: seen with libcudart 13.0.
PORTCULLIS_ENTRY cudaError_t cudaPeekAtLastError() {
  const cudaError_t state = Process::Get().state();
  return state == cudaSuccess ? LastError() : state;
}

PORTCULLIS_ENTRY cudaError_t cudaGetLastError() {
  const Process& process = Process::Get();
  if (process.state() != cudaSuccess) return process.state();
  return std::exchange(LastError(), process.FindDevice(CurrentOrdinal())->sticky());
}
