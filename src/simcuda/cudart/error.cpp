// Owns: the entry points about errors.
#include <cuda_runtime_api.h>

#include <utility>

#include "src/simcuda/core/call.h"
#include "src/simcuda/interface/errors.h"

namespace portcullis::simcuda {
namespace {

// The table is that of CUDA 13; libcudart 12.4 lacks five of its errors and words one otherwise.
const ErrorText& TextOf(int code) {
#if CUDART_VERSION < 13000
  static constexpr ErrorText kNormSetting = {
      27, "cudaErrorInvalidNormSetting",
      "read as normalized float not supported for 32-bit non float type"};
  if (code == kNormSetting.code) return kNormSetting;
  for (const int later : {226, 721, 913, 914, 915}) {
    if (code == later) return FindError(-1);
  }
#endif
  return FindError(code);
}

}  // namespace
}  // namespace portcullis::simcuda

using namespace portcullis::simcuda;  // NOLINT(google-build-using-namespace)

PORTCULLIS_ENTRY const char* cudaGetErrorName(cudaError_t error) { return TextOf(error).name; }

PORTCULLIS_ENTRY const char* cudaGetErrorString(cudaError_t error) { return TextOf(error).text; }

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
