// Owns: the name under which the simulated runtime is loaded.
#pragma once

#include <cuda_runtime_api.h>

namespace portcullis::simcuda {

#if CUDART_VERSION >= 13000
inline constexpr char kLibraryName[] = "libcudart.so.13";
#else
inline constexpr char kLibraryName[] = "libcudart.so.12";
#endif

}  // namespace portcullis::simcuda
