// Owns: which GPUs the kernels of a compiled library were made for, as its fat binaries say.
//
// The layout is not documented. Sources: fatbinary_section.h of CUDA 13.0 (the wrapper), and
// github.com/n-eiling/cuda-fatbin-decompression (header and entries); it agrees with
// torch.cuda.get_arch_list() of PyTorch 2.11, 2.6 and 2.5.
#pragma once

#include <driver_types.h>

#include <mutex>
#include <unordered_map>
#include <vector>

#include "src/simcuda/core/device.h"

namespace portcullis::simcuda {

// Whether a fat binary (what __cudaRegisterFatBinary is given) has code that runs on a device of
// this compute capability (10 × major + minor): machine code of the same major version and no later
// minor one, or PTX of no later one (CUDA C++ Programming Guide 13.0, "Binary Compatibility" and
// "PTX Compatibility"). True if it is not laid out as known.
bool HasImage(const void* wrapper, int capability);

// The kernels of this process: device names and fat binaries by host function. Filled while
// libraries are loaded, some ten thousand of them, and asked only when one is launched.
class Kernels {
 public:
  static Kernels& Get();

  void AddBinary(const void* wrapper);
  void RemoveBinary(const void* wrapper);
  void Add(const void* function, const char* device_name, const void* wrapper);
  // Whether anybody has registered it. The next two are asked only of kernels that are known.
  bool Knows(const void* function) const;
  // The name as C++ has it: "void at::native::vectorized_elementwise_kernel<…>(…)".
  std::string Name(const void* function) const;
  // Whether a kernel can run on a device.
  bool CanRun(const void* function, const Device& device) const;
  // The same of any kernel at all; true if there are none.
  bool AnyCanRun(const Device& device) const;

 private:
  struct Kernel {
    const char* device_name;
    const void* wrapper;
  };
  mutable std::mutex mutex_;
  std::unordered_map<const void*, Kernel> kernels_;
  std::vector<const void*> binaries_;
};

}  // namespace portcullis::simcuda
