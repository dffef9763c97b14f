#include "src/portability/error_catalog.h"

#include <algorithm>
#include <array>

namespace portcullis::portability {
namespace {

constexpr std::array kCatalog{
    ErrorClass{"deserialize-no-cuda",
               "Attempting to deserialize object on a CUDA device but torch.cuda.is_available()",
               "", "the tag names a GPU and PyTorch sees none",
               "torch/serialization.py _validate_device, 2.11"},
    ErrorClass{"deserialize-no-such-gpu", "Attempting to deserialize object on CUDA device ",
               "but torch.cuda.device_count() is", "the tag names a GPU beyond those visible",
               "torch/serialization.py _validate_device, 2.11"},
    ErrorClass{"no-driver", "Found no NVIDIA driver on your system", "",
               "the host has no NVIDIA driver", "c10/cuda/CUDAFunctions.cpp, 2.11"},
    ErrorClass{"driver-too-old", "The NVIDIA driver on your system is too old", "",
               "the driver is older than the CUDA that PyTorch was built with",
               "c10/cuda/CUDAFunctions.cpp, 2.11"},
    ErrorClass{"no-gpus", "No CUDA GPUs are available", "",
               "there is a driver, but the mask or the host leaves no GPU",
               "c10/cuda/CUDAFunctions.cpp, 2.11"},
    ErrorClass{"no-capable-device", "no CUDA-capable device is detected", "",
               "the CUDA runtime found no GPU", "cudaErrorNoDevice, CUDA 13.0"},
    ErrorClass{"invalid-ordinal", "invalid device ordinal", "", "a GPU index beyond those visible",
               "cudaErrorInvalidDevice, CUDA 13.0"},
    ErrorClass{"not-compiled-with-cuda", "Torch not compiled with CUDA enabled", "",
               "a CPU-only build of PyTorch was asked for a GPU", "torch/cuda/__init__.py, 2.11"},
    ErrorClass{"cpu-build", "Could not run 'aten::empty_strided'", "'CUDA' backend",
               "a CPU-only build of LibTorch met a CUDA tag",
               "aten/src/ATen/core/dispatch/OperatorEntry.cpp, 2.11"},
    ErrorClass{"not-linked", "PyTorch is not linked with support for", "devices",
               "a CPU-only build was asked for the current GPU",
               "c10/core/impl/DeviceGuardImplInterface.h, 2.11"},
    ErrorClass{"pickle-not-a-dict", "Expected GenericDict but got None", "",
               "torch::pickle_load cannot read a Python state_dict (an OrderedDict)",
               "aten/src/ATen/core/ivalue_inl.h, 2.11"},
    ErrorClass{"out-of-memory", "CUDA out of memory", "", "it does not fit into the GPU's memory",
               "c10/cuda/CUDACachingAllocator.cpp, 2.11"},
    ErrorClass{"jit-map-type", "map_location should be either None, string or torch.device", "",
               "torch.jit.load takes neither dict nor callable",
               "torch/jit/_serialization.py, 2.11"},
    ErrorClass{"unknown-tag", "don't know how to restore data location", "",
               "the tag names a kind of device this PyTorch does not have",
               "torch/serialization.py default_restore_location, 2.11"},
    ErrorClass{"mps-tag", "Storage device not recognized: mps", "", "the tag names Apple's GPU",
               "torch/csrc/StorageMethods.cpp, 2.11"},
    ErrorClass{"weights-only", "Weights only load failed", "",
               "the pickle asks for a global that weights_only=True refuses",
               "torch/serialization.py, 2.11"},
    ErrorClass{"mmap-legacy", "mmap can only be used with files saved with", "",
               "only zip checkpoints can be mapped", "torch/serialization.py, 2.11"},
    ErrorClass{"mmap-map", "Mapping storages to", "", "mmap=True does not go with that map",
               "torch/serialization.py, 2.11"},
    ErrorClass{"export-load", "We ran into an error when deserializing the saved file", "",
               "torch.export.load failed; its log says why", "torch/export/__init__.py, 2.11"},
    ErrorClass{"package-meta", "'torch.storage.UntypedStorage' object has no attribute", "",
               "torch.package cannot restore onto meta", "torch/package/package_importer.py, 2.11"},
    ErrorClass{"callable-map", "Callable map_location not supported with", "",
               "a tensor saved as a NumPy array or a wrapper takes no callable map",
               "torch/_utils.py _get_restore_location, 2.11"},
    ErrorClass{"torchscript-archive", "with TorchScript archives passed to", "",
               "a TorchScript file was given to torch.load", "torch/serialization.py, 2.11"},
    ErrorClass{"different-devices", "Expected all tensors to be on the same device", "",
               "an operator met tensors on two devices", "ATen generated wrappers, 2.11"},
    ErrorClass{"rng-state", "RNG state must be a torch.ByteTensor", "",
               "the map moved an RNG state to a GPU", "torch/random.py, 2.11"},
};

}  // namespace

std::span<const ErrorClass> ErrorCatalog() { return kCatalog; }

bool Matches(const ErrorClass& error, std::string_view text) {
  const std::size_t at = text.find(error.first);
  return at != std::string_view::npos &&
         text.find(error.then, at + error.first.size()) != std::string_view::npos;
}

const ErrorClass* FindErrorClass(std::string_view id) {
  const auto* found = std::find_if(kCatalog.begin(), kCatalog.end(),
                                   [&](const ErrorClass& error) { return error.id == id; });
  return found == kCatalog.end() ? nullptr : found;
}

const ErrorClass* ClassifyError(std::string_view text) {
  const auto* found = std::find_if(kCatalog.begin(), kCatalog.end(),
                                   [&](const ErrorClass& error) { return Matches(error, text); });
  return found == kCatalog.end() ? nullptr : found;
}

}  // namespace portcullis::portability
