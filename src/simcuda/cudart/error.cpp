// Owns: the entry points about errors.
#include <cuda_runtime_api.h>

#include "src/simcuda/core/call.h"
#include "src/simcuda/core/errors.h"

namespace portcullis::simcuda {
namespace {

// An error that outlives cudaGetLastError: no usable driver, or a context that is broken.
cudaError_t StandingError() {
  if (!Process::started()) return cudaSuccess;
  const Process& process = Process::Get();
  if (process.state() != cudaSuccess) return process.state();
  return process.FindDevice(CurrentOrdinal())->sticky();
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY const char* cudaGetErrorName(cudaError_t error) { return FindError(error).name; }

PORTCULLIS_ENTRY const char* cudaGetErrorString(cudaError_t error) { return FindError(error).text; }

PORTCULLIS_ENTRY cudaError_t cudaPeekAtLastError() { return LastError(); }

PORTCULLIS_ENTRY cudaError_t cudaGetLastError() {
  const cudaError_t last = LastError();
  LastError() = last == cudaSuccess ? cudaSuccess : StandingError();
  return last;
}
