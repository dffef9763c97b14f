// Owns: how other versions, and other libraries, word the errors of the catalog.
#include <array>

#include "src/portability/error_catalog.h"

namespace portcullis::portability {
namespace {

constexpr std::array kWordings{
    // Before 1.0 torch.load asked CUDA itself, whose runtime numbered its errors.
    Wording{"driver-too-old", "CUDA driver version is insufficient for CUDA runtime version", "",
            "PyTorch before 1.0 and the CUDA runtime",
            "cudaErrorInsufficientDriver; pytorch/pytorch#1159, #51213"},
    Wording{"no-capable-device", "cuda runtime error (38)", "", "PyTorch before 1.5",
            "cudaErrorNoDevice before CUDA 10.1"},
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
    // RNG states.
    Wording{"rng-state", "expected a torch.ByteTensor, but got torch.cuda.ByteTensor", "",
            "PyTorch 1.0 to 1.9", "pytorch/ignite#2076"},
    // Maps.
    Wording{"map-not-callable", "'int' object is not callable", "",
            "the last line alone; with torch.load above it", "V2AI/Det3D#104"},
    Wording{"mask-not-a-number", "invalid literal for int() with base 10: 'MIG-", "",
            "masks of MIG instances", "vllm-project/vllm#41848"},
};

}  // namespace

std::span<const Wording> OtherWordings() { return kWordings; }

}  // namespace portcullis::portability
