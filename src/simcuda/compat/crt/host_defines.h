// Owns: what CUDA's headers want of crt/host_defines.h when a host compiler reads them.
//
// The header packages on PyPI (nvidia-cuda-runtime, 12.1 to 13.0) lack this file, which comes with
// the compiler nvcc. Found after everything else, so a CUDA Toolkit's own file wins.
#ifndef PORTCULLIS_CRT_HOST_DEFINES_H
#define PORTCULLIS_CRT_HOST_DEFINES_H

// Where code and data of a kernel live: nothing to a host compiler.
#define __host__
#define __device__
#define __global__
#define __shared__
#define __constant__
#define __managed__
#define __grid_constant__
#define __device_builtin__
#define __device_builtin_texture_type__
#define __device_builtin_surface_type__
#define __cudart_builtin__

// How functions are called on Linux: as always.
#define CUDARTAPI
#define CUDARTAPI_CDECL
#define CUDAAPI

#define __align__(bytes) __attribute__((aligned(bytes)))
#define __builtin_align__(bytes) __align__(bytes)
#define __forceinline__ inline __attribute__((always_inline))
#define __no_return__ __attribute__((noreturn))

#endif
