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
    ErrorClass{"start-failed", "Unexpected error from cudaGetDeviceCount()", "",
               "CUDA does not start: the driver and its library do not fit, or a GPU is not ready",
               "c10/cuda/CUDAFunctions.cpp, 2.11"},
    ErrorClass{"invalid-ordinal", "invalid device ordinal", "", "a GPU index beyond those visible",
               "cudaErrorInvalidDevice, CUDA 13.0"},
    ErrorClass{"not-compiled-with-cuda", "Torch not compiled with CUDA enabled", "",
               "a CPU-only build of PyTorch was asked for a GPU", "torch/cuda/__init__.py, 2.11"},
    ErrorClass{"cpu-build", "Could not run 'aten::empty_strided'", "'CUDA' backend",
               "a CPU-only build of LibTorch met a CUDA tag",
               "aten/src/ATen/core/dispatch/OperatorEntry.cpp, 2.11"},
    ErrorClass{"missing-backend", "Could not run 'aten::", "' backend",
               "this PyTorch has no such operator for that kind of device",
               "aten/src/ATen/core/dispatch/OperatorEntry.cpp, 2.11"},
    ErrorClass{"meta-copy", "Cannot copy out of meta tensor; no data!", "",
               "a tensor on meta has no values to move",
               "aten/src/ATen/native/Copy.cpp; torch/nn/modules/module.py, 2.11"},
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
    ErrorClass{
        "weights-only-opcode", "Weights only load failed", "Unsupported operand",
        "the pickle holds an opcode that weights_only=True does not know: of another protocol "
        "than 2, or damaged",
        "torch/_weights_only_unpickler.py, 2.11"},
    ErrorClass{"text-storage-id", "saved_id must be a tuple, got", "",
               "the checkpoint was saved with pickle_protocol=0, which no PyTorch reads",
               "torch/serialization.py persistent_load, 2.11"},
    ErrorClass{"unpickler-protocol", "Only Pickle protocol 2 is supported, found protocol", "",
               "torch::pickle_load reads pickles of protocol 2",
               "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    ErrorClass{"unpickler-global", "Unpickler found unknown type", "",
               "the pickle asks for a class or function that LibTorch does not know",
               "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    ErrorClass{"unpickler-opcode", "Unknown opcode for unpickling at", "",
               "the pickle holds a value that LibTorch does not read, a set or a large number",
               "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    ErrorClass{"untyped-legacy", "UntypedStorage' has no attribute 'dtype'", "",
               "a legacy checkpoint holds a dtype that its format has no storage class for",
               "torch/serialization.py _legacy_load, 2.11"},
    ErrorClass{"weights-only", "Weights only load failed", "",
               "the pickle asks for a global that weights_only=True refuses",
               "torch/serialization.py, 2.11"},
    ErrorClass{"mmap-legacy", "mmap can only be used with files saved with", "",
               "only zip checkpoints can be mapped", "torch/serialization.py, 2.11"},
    ErrorClass{"export-load", "We ran into an error when deserializing the saved file", "",
               "torch.export.load failed; its log says why", "torch/export/__init__.py, 2.11"},
    ErrorClass{"export-version", "There is no item named 'version' in the archive", "",
               "a program exported by PyTorch 2.8 or later was given to an earlier one",
               "torch/export/__init__.py, 2.6"},
    ErrorClass{"package-meta", "'torch.storage.UntypedStorage' object has no attribute", "",
               "torch.package cannot restore onto meta", "torch/package/package_importer.py, 2.11"},
    ErrorClass{"callable-map", "Callable map_location not supported with", "",
               "a tensor saved as a NumPy array or a wrapper takes no callable map",
               "torch/_utils.py _get_restore_location, 2.11"},
    ErrorClass{"torchscript-archive", "with TorchScript archives passed to", "",
               "a TorchScript file was given to torch.load", "torch/serialization.py, 2.11"},
    ErrorClass{
        "fused-steps", "Expected all tensors to be on the same device", "state_steps is on cpu",
        "a fused optimizer wants its step counts on the GPU, and the map left them on the CPU",
        "ATen generated wrappers (_fused_adam_), 2.11"},
    ErrorClass{"different-devices", "Expected all tensors to be on the same device", "",
               "an operator met tensors on two devices", "ATen generated wrappers, 2.11"},
    // CUDA's own errors, through C10_CUDA_CHECK
    ErrorClass{"device-unavailable", "CUDA-capable device(s) is/are busy or unavailable", "",
               "another process has the GPU, or nobody may compute on it",
               "cudaErrorDevicesUnavailable, CUDA 13.0"},
    ErrorClass{"illegal-address", "an illegal memory access was encountered", "",
               "a kernel or a copy touched memory that is not there; the context has ended",
               "cudaErrorIllegalAddress, CUDA 13.0"},
    ErrorClass{"ecc", "uncorrectable ECC error encountered", "",
               "the GPU's memory is faulty; the context has ended",
               "cudaErrorECCUncorrectable, CUDA 13.0"},
    ErrorClass{"invalid-value", "CUDA error: invalid argument", "",
               "CUDA was given an argument that it does not take",
               "cudaErrorInvalidValue, CUDA 13.0"},
    // files that are not whole
    ErrorClass{"zip-no-directory", "PytorchStreamReader failed reading zip archive",
               "failed finding central directory", "the archive's end is missing: it was cut off",
               "caffe2/serialize/inline_container.cc, 2.11"},
    ErrorClass{"zip-damaged", "PytorchStreamReader failed", "", "the archive is damaged",
               "caffe2/serialize/inline_container.cc, 2.11"},
    ErrorClass{"zip-no-version", "Expected hasRecord(\"version\")", "",
               "the archive has no version record", "caffe2/serialize/inline_container.cc, 2.11"},
    ErrorClass{"record-size", "record size (", "does not match expected size",
               "a storage in the archive is shorter or longer than the pickle says",
               "torch/csrc/jit/python/init.cpp, 2.11"},
    ErrorClass{
        "storage-no-data", "Attempted to access the data pointer on an invalid python storage", "",
        "a storage was asked for its bytes and has none", "torch/csrc/StorageMethods.cpp, 2.6"},
    ErrorClass{"file-cut", "EOFError", "", "the file ends in the middle of a pickle",
               "torch/_weights_only_unpickler.py, 2.11"},
    ErrorClass{"storage-cut", "unexpected EOF, expected", "more bytes. The file might be corrupted",
               "the file ends in the middle of a storage", "torch/csrc/serialization.cpp, 2.11"},
    ErrorClass{"bad-magic", "Invalid magic number; corrupt file?", "",
               "the file does not begin as a legacy checkpoint does",
               "torch/serialization.py, 2.11"},
    ErrorClass{"not-a-pickle", "Expected PROTO opcode at the start of pickle archive", "",
               "what should be a pickle is none",
               "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    ErrorClass{"write-failed", "unexpected pos", "",
               "the checkpoint could not be written to its end",
               "caffe2/serialize/inline_container.cc, 2.11"},
    ErrorClass{"rng-state", "RNG state must be a torch.ByteTensor", "",
               "the map moved an RNG state to a GPU", "torch/random.py, 2.11"},
    ErrorClass{"rng-count", "set_rng_state", "tuple index out of range",
               "there are more saved RNG states than GPUs", "torch/cuda/random.py, 2.11"},
    ErrorClass{"optimizer-devices", "Tensors of the same index must be on the same device", "",
               "an optimizer's step counts and averages are on two devices",
               "torch/utils/_foreach_utils.py, 2.11"},
    ErrorClass{"capturable-steps", "If capturable=False, state_steps should not be CUDA tensors",
               "", "the map moved the optimizer's step counts to the GPU",
               "torch/optim/adam.py, 1.12.0"},
    ErrorClass{"parallel-devices", "module must have its parameters and buffers on device",
               "but found one of them on device",
               "DataParallel got a module that is not on its first device",
               "torch/nn/parallel/data_parallel.py, 2.11"},
    ErrorClass{"rnn-devices", "tensors are not at the same device, found input tensor at", "",
               "a recurrent layer's input, state and weights are on different devices",
               "aten/src/ATen/native/RNN.cpp, 2.11"},
    ErrorClass{"bad-device-string", "Invalid device string: '", "", "that is no device's name",
               "c10/core/Device.cpp, 2.11"},
    ErrorClass{"map-not-callable", "map_location(storage, location)", "object is not callable",
               "map_location is neither device, dict nor function",
               "torch/serialization.py _get_restore_location, 2.11"},
    ErrorClass{"hpu-tag", "The HPU device module is not registered", "",
               "the tag names an Intel Gaudi", "torch/serialization.py, 2.11"},
    ErrorClass{"host-memory", "DefaultCPUAllocator: can't allocate memory", "",
               "it does not fit into the host's memory", "c10/core/impl/alloc_cpu.cpp, 2.11"},
    ErrorClass{"no-kernel-image", "no kernel image is available for execution on the device", "",
               "this PyTorch has no code for that GPU's architecture",
               "cudaErrorNoKernelImageForDevice, CUDA 13.0"},
    ErrorClass{"compiled-package-device", "Incorrect device passed to aoti_runner", "",
               "an AOTInductor package was compiled for another kind of device",
               "torch/csrc/inductor/aoti_runner/model_container_runner_cpu.cpp, 2.11"},
    ErrorClass{"data-device", "Specified device ", "does not match device of data",
               "a compiled package or from_blob was told another device than the data's",
               "aten/src/ATen/templates/Functions.cpp, 2.11"},
    ErrorClass{"safetensors-device", "SafetensorError: device ", "is invalid",
               "safetensors was asked for a device that is no device's name",
               "safetensors/safetensors#674, safetensors 0.6"},
    ErrorClass{"no-pinned-memory", "Need to provide pin_memory allocator to use pin memory", "",
               "memory was to be pinned for a GPU and there is none",
               "aten/src/ATen/EmptyTensor.cpp, 2.6"},
    ErrorClass{"mask-not-a-number", "invalid literal for int() with base 10: 'GPU-", "",
               "a program reads CUDA_VISIBLE_DEVICES as numbers and it holds UUIDs",
               "vllm-project/vllm#41848"},
};

// Where `first` occurs with `then` behind it, for the last time; npos if it does not.
std::size_t FindPair(std::string_view text, std::string_view first, std::string_view then) {
  const std::size_t last = then.empty() ? std::string_view::npos : text.rfind(then);
  const bool missing = !then.empty() && (last == std::string_view::npos || last < first.size());
  if (missing) return std::string_view::npos;
  return then.empty() ? text.rfind(first) : text.rfind(first, last - first.size());
}

}  // namespace

std::span<const ErrorClass> ErrorCatalog() { return kCatalog; }

bool Matches(const ErrorClass& error, std::string_view text) {
  const auto wordings = OtherWordings();
  return FindPair(text, error.first, error.then) != std::string_view::npos ||
         std::any_of(wordings.begin(), wordings.end(), [&](const Wording& wording) {
           return wording.id == error.id &&
                  FindPair(text, wording.first, wording.then) != std::string_view::npos;
         });
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

std::vector<FoundError> FindErrors(std::string_view text) {
  std::vector<FoundError> found;
  for (const ErrorClass& error : kCatalog) {
    const std::size_t at = FindPair(text, error.first, error.then);
    if (at != std::string_view::npos) found.push_back({&error, nullptr, at});
    for (const Wording& wording : OtherWordings()) {
      if (wording.id != error.id) continue;
      const std::size_t there = FindPair(text, wording.first, wording.then);
      if (there != std::string_view::npos) found.push_back({&error, &wording, there});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const FoundError& a, const FoundError& b) { return a.at > b.at; });
  return found;
}

}  // namespace portcullis::portability
