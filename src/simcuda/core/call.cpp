#include "src/simcuda/core/call.h"

namespace portcullis::simcuda {

cudaError_t& LastError() {
  thread_local cudaError_t last = cudaSuccess;
  return last;
}

}  // namespace portcullis::simcuda
