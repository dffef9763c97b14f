// Real texts, as PyTorch and LibTorch 2.11.0 wrote them (folders shortened).
#include "harness/verdict/shorten_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::verdict {
namespace {

TEST(ShortenError, KeepsWhatIsShortAlready) {
  EXPECT_EQ(ShortenError(""), "");
  EXPECT_EQ(ShortenError("No CUDA GPUs are available"), "No CUDA GPUs are available");
  EXPECT_EQ(ShortenError("don't know how to restore data location of torch.storage.UntypedStorage "
                         "(tagged with npu:0)"),
            "don't know how to restore data location of torch.storage.UntypedStorage "
            "(tagged with npu:0)");
  const char kDeserialize[] =
      "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. "
      "If you are running on a CPU-only machine, please use torch.load with "
      "map_location=torch.device('cpu') to map your storages to the CPU.";
  EXPECT_EQ(ShortenError(kDeserialize), kDeserialize);
}

TEST(ShortenError, DropsFramesOfLibTorch) {
  EXPECT_EQ(
      ShortenError(
          "No CUDA GPUs are available\n"
          "Exception raised from device_count_ensure_non_zero at "
          "/pytorch/c10/cuda/CUDAFunctions.cpp:130 (most recent call first):\n"
          "frame #0: c10::Error::Error(c10::SourceLocation, std::__cxx11::basic_string<char, "
          "std::char_traits<char>, std::allocator<char> >) + 0x9d (0x7f1e06ddc05d in libc10.so)\n"
          "frame #1: c10::detail::torchCheckFail(char const*, char const*, unsigned int, char "
          "const*) + 0x69 (0x7f1e06d707d3 in libc10.so)\n"),
      "No CUDA GPUs are available");
}

TEST(ShortenError, DropsTheListOfRegistrations) {
  EXPECT_EQ(
      ShortenError(
          "Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend. This could "
          "be because the operator doesn't exist for this backend, or was omitted during the "
          "selective/custom build process (if using custom build). If you are a Facebook employee "
          "using PyTorch on mobile, please visit https://fburl.com/ptmfixes for possible "
          "resolutions. 'aten::empty_strided' is only available for these backends: [CPU, Meta, "
          "QuantizedCPU, BackendSelect, Python].\n\n"
          "CPU: registered at /pytorch/build/aten/src/ATen/RegisterCPU_2.cpp:2480 [kernel]\n"
          "Meta: registered at /pytorch/build/aten/src/ATen/RegisterMeta_0.cpp:5509 [kernel]\n"),
      "Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend.");
}

TEST(ShortenError, SaysWhatWeightsOnlyRefused) {
  EXPECT_EQ(
      ShortenError(
          "Weights only load failed. This file can still be loaded, to do so you have two options, "
          "\x1b[1mdo those steps only if you trust the source of the checkpoint\x1b[0m. \n"
          "\t(1) In PyTorch 2.6, we changed the default value of the `weights_only` argument in "
          "`torch.load` from `False` to `True`. Re-running `torch.load` with `weights_only` set to "
          "`False` will likely succeed, but it can result in arbitrary code execution. Do it only "
          "if you got the file from a trusted source.\n"
          "\t(2) Alternatively, to load with `weights_only=True` please check the recommended "
          "steps "
          "in the following error message.\n"
          "\tWeightsUnpickler error: Unsupported global: GLOBAL argparse.Namespace was not an "
          "allowed global by default. Please use "
          "`torch.serialization.add_safe_globals([argparse.Namespace])` or the "
          "`torch.serialization.safe_globals([argparse.Namespace])` context manager to allowlist "
          "this global if you trust this class/function.\n\n"
          "Check the documentation of torch.load to learn more about types accepted by default "
          "with "
          "weights_only https://pytorch.org/docs/stable/generated/torch.load.html."),
      "Weights only load failed: Unsupported global: GLOBAL argparse.Namespace was not an allowed "
      "global by default.");
}

TEST(ShortenError, DropsAdviceOnDebuggingKernels) {
  EXPECT_EQ(ShortenError("CUDA error: invalid device ordinal\n"
                         "GPU device may be out of range, do you have enough GPUs?\n"
                         "CUDA kernel errors might be asynchronously reported at some other API "
                         "call, so the stacktrace below might be incorrect.\n"
                         "For debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
                         "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n"),
            "CUDA error: invalid device ordinal. GPU device may be out of range, do you have "
            "enough GPUs?");
  EXPECT_EQ(ShortenError("CUDA error: operation not supported\n"
                         "Search for `cudaErrorNotSupported' in "
                         "https://docs.nvidia.com/cuda/cuda-runtime-api/"
                         "group__CUDART__TYPES.html for more information.\n"
                         "CUDA kernel errors might be asynchronously reported at some other API "
                         "call, so the stacktrace below might be incorrect.\n"),
            "CUDA error: operation not supported");
}

TEST(ShortenError, KeepsTheFiguresOfOutOfMemory) {
  EXPECT_EQ(
      ShortenError(
          "CUDA out of memory. Tried to allocate 1024.00 GiB. GPU 0 has a total capacity of 131.32 "
          "GiB of which 131.32 GiB is free. Of the allocated memory 0 bytes is allocated by "
          "PyTorch, and 0 bytes is reserved by PyTorch but unallocated. If reserved but "
          "unallocated memory is large try setting "
          "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See "
          "documentation for Memory Management  (https://docs.pytorch.org/docs/stable/notes/"
          "cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf)"),
      "CUDA out of memory. Tried to allocate 1024.00 GiB. GPU 0 has a total capacity of 131.32 "
      "GiB of which 131.32 GiB is free. Of the allocated memory 0 bytes is allocated by PyTorch, "
      "and 0 bytes is reserved by PyTorch but unallocated.");
}

TEST(ShortenError, DropsGuessesAboutTheZipReader) {
  EXPECT_EQ(ShortenError(
                "PytorchStreamReader failed reading zip archive: failed finding central directory. "
                "This is an internal miniz error. If you are seeing this error, there is a high "
                "likelihood that your checkpoint file is corrupted. This can happen if the "
                "checkpoint was not saved properly, was transferred incorrectly, or the file was "
                "modified after saving."),
            "PytorchStreamReader failed reading zip archive: failed finding central directory.");
}

TEST(ShortenError, DropsThePleaToReportABug) {
  EXPECT_EQ(ShortenError(
                "isGenericDict() INTERNAL ASSERT FAILED at "
                "\"/pytorch/aten/src/ATen/core/ivalue_inl.h\":2119, please report a bug to "
                "PyTorch. Expected GenericDict but got None\n"
                "Exception raised from toGenericDict at "
                "/pytorch/aten/src/ATen/core/ivalue_inl.h:2119 (most recent call first):\n"
                "frame #0: c10::Error::Error(c10::SourceLocation) + 0x9d (0x7fc2 in libc10.so)\n"),
            "isGenericDict() INTERNAL ASSERT FAILED. Expected GenericDict but got None");
}

TEST(ShortenError, FindsTheMessageBehindATorchScriptTraceback) {
  EXPECT_EQ(
      ShortenError("The following operation failed in the TorchScript interpreter.\n"
                   "Traceback of TorchScript, serialized code (most recent call last):\n"
                   "  File \"code/__torch__.py\", line 9, in forward\n"
                   "  def forward(s: __torch__.M,\n"
                   "    x: Tensor) -> Tensor:\n"
                   "    _0 = torch.empty([3], dtype=None, layout=None, "
                   "device=torch.device(\"cuda:0\"))\n"
                   "         ~~~~~~~~~~~ <--- HERE\n"
                   "    _1 = torch.copy_(_0, x)\n"
                   "    w = s.w\n"
                   "\n"
                   "Traceback of TorchScript, original code (most recent call last):\n"
                   "  File \"model.py\", line 15, in forward\n"
                   "    def forward(s,x): return torch.empty(3,device='cuda:0').copy_(x)+s.w\n"
                   "                             ~~~~~~~~~~~ <--- HERE\n"
                   "RuntimeError: No CUDA GPUs are available\n"),
      "No CUDA GPUs are available");
}

TEST(ShortenError, FindsTheMessageBehindAPythonTraceback) {
  EXPECT_EQ(ShortenError("Traceback (most recent call last):\n"
                         "  File \"load.py\", line 2, in <module>\n"
                         "    torch.load('x.pt')\n"
                         "  File \"torch/serialization.py\", line 1500, in load\n"
                         "    raise pickle.UnpicklingError(_get_wo_message(str(e))) from None\n"
                         "_pickle.UnpicklingError: invalid load key, 'h'.\n"),
            "invalid load key, 'h'.");
}

TEST(ShortenError, CutsOneEndlessSentence) {
  const std::string shortened = ShortenError(std::string(10'000, 'x'));
  EXPECT_EQ(shortened, std::string(300, 'x') + "…");
}

TEST(ShortenError, DoesNotCutACharacterInTwo) {
  std::string whole = "x";
  for (int i = 0; i < 500; ++i) whole += "é";
  const std::string shortened = ShortenError(whole);
  EXPECT_EQ(shortened.size(), 299 + std::string("…").size());
  EXPECT_THAT(shortened, testing::EndsWith("é…"));
}

TEST(ShortenError, IsOneLineOfPrintableText) {
  EXPECT_EQ(ShortenError("Found one\nThen \a another\r\n\n  thing\x1b[31m!\x1b"),
            "Found one. Then another thing!");
}

TEST(WithoutAddresses, OnlyOfFrames) {
  EXPECT_EQ(WithoutAddresses(""), "");
  EXPECT_EQ(WithoutAddresses("a (0x12 in b)\n"), "a (0x12 in b)\n");
  EXPECT_EQ(
      WithoutAddresses("x\nframe #0: f(int (0x1 in g)) + 0x9d (0x7fafd23a in /l/libc10.so)\nframe "
                       "#1: + 0x2 (0x7 in /l.so)"),
      "x\nframe #0: f(int (0x1 in g)) + 0x9d (/l/libc10.so)\nframe #1: + 0x2 (/l.so)");
  EXPECT_EQ(WithoutAddresses("frame #0: f (0x"), "frame #0: f (0x");
  EXPECT_EQ(WithoutAddresses("frame #0: f (0x12"), "frame #0: f (0x12");
}

TEST(WithoutFolders, PathsAreToldByTheirLastPart) {
  EXPECT_EQ(WithoutFolders("/tmp/x/model.pt"), "model.pt");
  EXPECT_EQ(WithoutFolders("torch.save(/a/b.pt, x) in {/c/d.pt} \"/e/f.py\", line 1"),
            "torch.save(b.pt, x) in {d.pt} \"f.py\", line 1");
  EXPECT_EQ(WithoutFolders("https://pytorch.org/docs and a/b"), "https://pytorch.org/docs and a/b");
}

}  // namespace
}  // namespace portcullis::verdict
