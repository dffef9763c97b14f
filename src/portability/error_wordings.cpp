// Owns: how other versions, and other libraries, word the errors of the catalog.
#include <array>

#include "src/portability/error_catalog.h"

namespace portcullis::portability {
namespace {

constexpr std::array kWordings{
    // Before 1.0 torch.load asked CUDA itself, whose runtime numbered its errors.
    Wording{"driver-too-old", "CUDA driver version is insufficient for CUDA runtime version", "",
            "PyTorch before 1.0, the CUDA runtime, and C++ asking for a GPU without an index",
            "cudaErrorInsufficientDriver; pytorch/pytorch#1159, #51213"},
    Wording{"no-capable-device", "cuda runtime error (38)", "", "PyTorch before 1.5",
            "cudaErrorNoDevice before CUDA 10.1"},
    Wording{"start-failed", "cuda runtime error (3) : initialization error", "",
            "PyTorch before 1.5", "cudaErrorInitializationError"},
    Wording{"start-failed", "CUDA driver initialization failed, you might not have a CUDA gpu", "",
            "PyTorch since 1.8, cudaErrorInitializationError", "c10/cuda/CUDAFunctions.cpp, 2.11"},
    Wording{"start-failed", "CUDA unknown error - this may be due to an incorrectly set up", "",
            "PyTorch since 1.6, cudaErrorUnknown", "c10/cuda/CUDAFunctions.cpp, 2.11"},
    Wording{"start-failed", "CUDA error: system has unsupported display driver", "",
            "C++ asking for a GPU without an index", "cudaErrorSystemDriverMismatch, CUDA 13.0"},
    Wording{"start-failed", "CUDA error: system not yet initialized", "",
            "C++ asking for a GPU without an index", "cudaErrorSystemNotReady, CUDA 13.0"},
    Wording{"start-failed", "CUDA error: initialization error", "",
            "C++ asking for a GPU without an index", "cudaErrorInitializationError, CUDA 13.0"},
    Wording{"no-gpus", "No HIP GPUs are available", "", "PyTorch for ROCm",
            "c10/cuda/CUDAFunctions.cpp, 2.11, as built for ROCm"},
    Wording{"invalid-ordinal", "Invalid device id", "",
            "torch.cuda.get_device_properties, DataParallel before it",
            "torch/cuda/__init__.py, 2.11; uber-research/UPSNet#91"},
    Wording{"invalid-ordinal", "device >= 0 && device < num_gpus", "INTERNAL ASSERT FAILED",
            "PyTorch 1.8 to 2.7", "aten/src/ATen/cuda/CUDAContext.cpp; pytorch/pytorch#107300"},
    Wording{"device-unavailable", "all CUDA-capable devices are busy or unavailable", "",
            "CUDA before 12", "cudaErrorDevicesUnavailable, CUDA 11"},
    Wording{"out-of-memory", "cuda runtime error (2) : out of memory", "", "PyTorch before 1.0",
            "pytorch/pytorch#23138"},
    Wording{"out-of-memory", "CUDA error: out of memory", "",
            "the CUDA runtime, outside PyTorch's allocator",
            "cudaErrorMemoryAllocation, CUDA 13.0"},
    // A CPU-only build.
    Wording{"cpu-build", "Could not run 'aten::empty.memory_format'", "'CUDA' backend",
            "PyTorch 1.6 to 2.1", "tensordot/syntaxdot#203 (1.9), tracel-ai/burn#1118 (2.1)"},
    Wording{"cpu-build", "Could not run 'aten::empty.memory_format'", "'CUDATensorId' backend",
            "PyTorch 1.4 and 1.5", "c10/core/DispatchKey.cpp before 1.6"},
    Wording{"cpu-build", "Cannot initialize CUDA without ATen_cuda library", "",
            "PyTorch 0.4 to 1.4",
            "aten/src/ATen/detail/CUDAHooksInterface.h; pytorch/pytorch#11430, #33212"},
    // Kinds of device that are not there.
    Wording{"unknown-tag", "Attempting to deserialize object on a XPU device", "", "PyTorch 2.11",
            "torch/serialization.py _validate_device, 2.11"},
    Wording{"unknown-tag", "Attempting to deserialize object on a MTIA device", "", "PyTorch 2.11",
            "torch/serialization.py _validate_device, 2.11"},
    Wording{"unknown-tag", "The PRIVATEUSEONE device module is not registered", "", "PyTorch 2.11",
            "torch/serialization.py _validate_device, 2.11"},
    Wording{"unknown-tag", "Attempting to deserialize object on a NPU device", "",
            "PyTorch 2.11 with torch_npu", "torch/serialization.py _validate_device, 2.11"},
    // Two devices in one operator.
    Wording{"different-devices", "Expected object of device type", "but got device type",
            "PyTorch 1.2 to 1.5", "diegoalejogm/gans#12, Vegeta2020/SE-SSD#63"},
    Wording{"different-devices", "Expected object of backend", "but got backend",
            "PyTorch 1.0 and 1.1", "aten/src/ATen/Utils.h, 1.1"},
    Wording{"different-devices", "but expected it to be on GPU", "while checking arguments for",
            "PyTorch 1.6 and 1.7", "diegoalejogm/gans#12"},
    Wording{"different-devices", "Input type (torch.cuda.", "and weight type (torch.FloatTensor)",
            "PyTorch, convolutions", "aten/src/ATen/native/Convolution.cpp, 2.11"},
    Wording{"different-devices", "Input type (torch.FloatTensor)", "and weight type (torch.cuda.",
            "PyTorch, convolutions", "aten/src/ATen/native/Convolution.cpp, 2.11"},
    Wording{"different-devices", "Expected object of type torch.FloatTensor",
            "but found type torch.cuda.", "PyTorch 0.4", "aten/src/ATen/Utils.h, 0.4"},
    Wording{"different-devices", "Expected object of type torch.cuda.FloatTensor",
            "but found type torch.FloatTensor", "PyTorch 0.4", "aten/src/ATen/Utils.h, 0.4"},
    Wording{"different-devices", "expected device c", "but got device c", "PyTorch 1.3 to 1.5",
            "aten/src/ATen/native/TensorIterator.cpp, 1.4"},
    Wording{"different-devices", "arguments are located on different GPUs", "",
            "PyTorch before 1.8", "aten/src/THC/generic/THCTensorMathBlas.cu, 1.5"},
    Wording{"fused-steps", "exp_avgs, and exp_avg_sqs must have same dtype, device, and layout", "",
            "PyTorch 2.0 and later, moments too",
            "aten/src/ATen/native/cuda/FusedAdamKernel.cu, 2.0"},
    Wording{"fused-steps", "Expected all tensors to be on the same device, but found at least two",
            "argument state_steps in method", "PyTorch 2.5 and 2.6",
            "ATen generated wrappers (_fused_adam_), 2.6"},
    // RNG states.
    Wording{"rng-state", "expected a torch.ByteTensor, but got torch.cuda.ByteTensor", "",
            "PyTorch 1.0 to 1.9", "pytorch/ignite#2076"},
    // Maps.
    Wording{"map-not-callable", "'int' object is not callable", "",
            "the last line alone; with torch.load above it", "V2AI/Det3D#104"},
    Wording{"bad-device-string", "Device index must not be negative", "",
            "PyTorch, an index beyond 127", "c10/core/Device.h, 2.11"},
    Wording{"bad-device-string", "Could not parse device index", "in device string",
            "PyTorch, an index that is no number", "c10/core/Device.cpp, 2.11"},
    Wording{"bad-device-string", "device type at start of device string: ", "",
            "PyTorch, of a kind that it does not know", "c10/core/Device.cpp, 2.11"},
    Wording{"bad-device-string", "Device string must not be empty", "", "PyTorch, an empty name",
            "c10/core/Device.cpp, 2.11"},
    Wording{"unknown-tag", "supported devices include CPU, CUDA", "however got",
            "LibTorch's unpickler", "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    // What LibTorch's unpickler does not read.
    Wording{"unpickler-global", "Unpickler found unknown torch global", "", "of the module torch",
            "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    Wording{"missing-backend", "attempted to run this operator with Meta tensors", "",
            "PyTorch, on meta", "aten/src/ATen/core/MetaFallbackKernel.cpp, 2.11"},
    Wording{"unpickler-opcode", "Expected length to be 8, got", "", "of a whole number",
            "torch/csrc/jit/serialization/unpickler.cpp, 2.11"},
    Wording{"pickle-not-a-dict", "Expected Int but got None", "", "an OrderedDict without items",
            "aten/src/ATen/core/ivalue_inl.h, 2.11"},
    Wording{"text-storage-id", "assert isinstance(saved_id, tuple)", "", "PyTorch before 2.7",
            "torch/serialization.py, 2.6"},
    // Files.
    Wording{"bad-magic", "UnpicklingError: invalid load key, '", "",
            "torch.load with weights_only=False, the default before 2.6", "Python's pickle"},
    Wording{"mask-not-a-number", "invalid literal for int() with base 10: 'MIG-", "",
            "masks of MIG instances", "vllm-project/vllm#41848"},
};

}  // namespace

std::span<const Wording> OtherWordings() { return kWordings; }

}  // namespace portcullis::portability
