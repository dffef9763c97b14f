// Owns: what the other stand-ins ask of the simulated runtime. libcudart keeps the state of the
// host; libcuda and the inert libraries reach it through these functions, which it exports under a
// version node of their own. Errors are CUresult and cudaError_t alike: their numbers agree.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Keeps "LIBRARY: FUNCTION" in the flight record and says it once on standard error.
void portcullis_sim_refuse(const char* library, const char* function);

// The same for an entry point of libcudart itself. Returns the error, which is also the thread's
// last: the state of the driver if that is one, else cudaErrorNotSupported.
int portcullis_sim_refuse_call(const char* function);

// cuInit: becomes the host. The state of the driver, 0 if there are devices.
int portcullis_sim_start(void);
// Whether anything has become the host yet.
int portcullis_sim_started(void);
// 0 if there is no driver.
int portcullis_sim_driver_version(void);

// The following are valid after portcullis_sim_start() has returned 0.
int portcullis_sim_device_count(void);
// The thread's current device, and making one current.
int portcullis_sim_current_device(void);
int portcullis_sim_set_current_device(int ordinal);
// Whether the device's primary context is active, and making it so.
int portcullis_sim_context_active(int ordinal);
int portcullis_sim_activate_context(int ordinal);
// As in cudaDeviceProp. `name` has room for 256 bytes, `uuid` for 16.
int portcullis_sim_describe(int ordinal, char* name, unsigned char* uuid, size_t* memory_bytes);
int portcullis_sim_attribute(int* value, int attribute, int ordinal);
// The kind of memory an address is of (0: unknown, 1: host, 2: device), and the allocation it is
// in.
int portcullis_sim_locate(const void* address, int* kind, int* ordinal, void** base, size_t* bytes);
// Bytes in use on a device, by its position in the host description; 0 if it is not visible.
unsigned long long portcullis_sim_memory_in_use(unsigned position);

// For a plugin that computes on simulated devices. That these functions are there (dlsym) says that
// the process runs on the simulated runtime; a host without a usable driver says so by the errors
// of portcullis_sim_start().
//
// Where the host can read and write `bytes` bytes of device memory: the same bytes as copies move.
// Null if the range is not wholly inside one allocation. Valid until that is freed.
void* portcullis_sim_alias(const void* device_address, size_t bytes);
// Where the memory of a device is: `addresses` is what programs see and cannot follow, `bytes`
// where the host reaches the same bytes at the same offset. Both ranges have this length and stay.
int portcullis_sim_memory(int ordinal, void** addresses, void** bytes, size_t* length);
// Before an operator computes on device `ordinal`: writes it down ("aten::mm", counted as a kernel)
// and asks the fault plan (points `launch` and `operator`). `bytes`: of its inputs and outputs on
// that device, or 0. Returns 0, or the cudaError_t that the operator must fail with instead of
// computing: that of the plan, the sticky one of a poisoned context, or
// cudaErrorNoKernelImageForDevice where the runtime was compiled for no such GPU. A sticky error of
// the plan is not returned by the operator that it strikes but by the next call, as on real
// devices; with CUDA_LAUNCH_BLOCKING=1 at once. It is not the thread's last error
// (cudaGetLastError).
int portcullis_sim_operator(const char* name, int ordinal, unsigned long long bytes);
// For the inert libraries: whether there is such a plugin, and so no need of them to compute.
int portcullis_sim_computes(void);

#ifdef __cplusplus
}
#endif
