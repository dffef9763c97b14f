"""Owns: the tests of `portcullis repro` as a person uses it: texts as they are met (in tracebacks, logs,
boxes, C++ aborts, words of other versions), what it says of them, and what it refuses."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["PORTCULLIS"]

E1 = ("Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you "
      "are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to "
      "map your storages to the CPU.")

# Error class, text, and what else must be said. Where the words are another version's, the thread in
# which somebody met them stands in src/portability/error_wordings.cpp.
TEXTS = [
    ("deserialize-no-cuda", E1, []),
    # wrapped by a terminal, and as the words of a log
    ("deserialize-no-cuda", "RuntimeError: Attempting to deserialize object on a CUDA\ndevice but "
     "torch.cuda.is_available() is\nFalse.", []),
    ("deserialize-no-cuda", f"2026-01-02 03:04:05,678 ERROR worker 3: {E1} [pid 17]\nshutting down", []),
    # in a box, as rich draws it, with colours
    ("deserialize-no-cuda", "\x1b[31m│\x1b[0m RuntimeError: Attempting to deserialize object on a CUDA   "
     "\x1b[31m│\x1b[0m\n\x1b[31m│\x1b[0m device but torch.cuda.is_available() is False.    │", []),
    # the words of 1.0, and within another library's message
    ("deserialize-no-cuda", E1.replace("torch.device('cpu')", "'cpu'"), []),
    ("deserialize-no-cuda", f"Could not deserialize object _last_lstm_states. Exception: {E1}", []),
    ("deserialize-no-such-gpu", "Attempting to deserialize object on CUDA device 3 but "
     "torch.cuda.device_count() is 2. Please use torch.load with map_location to map your storages to an "
     "existing device.", ["GPU asked for: 3", "GPUs visible: 2"]),
    # the last error ended the program; the first is mentioned
    ("no-driver", f"Traceback (most recent call last):\n  File \"a.py\", line 1\nRuntimeError: {E1}\n\n"
     "During handling of the above exception, another exception occurred:\n\nTraceback (most recent call "
     "last):\n  File \"a.py\", line 3\nRuntimeError: Found no NVIDIA driver on your system. Please check",
     ["also in this text: deserialize-no-cuda"]),
    ("no-driver", "AssertionError: \nFound no NVIDIA driver on your system. Please check that you\nhave an "
     "NVIDIA GPU and installed a driver from\nhttp://www.nvidia.com/Download/index.aspx", []),
    ("no-driver", "terminate called after throwing an instance of 'c10::Error'\n  what():  Found no NVIDIA "
     "driver on your system. Please check that you have an NVIDIA GPU\nException raised from "
     "device_count_ensure_non_zero at ../c10/cuda/CUDAFunctions.cpp:141", []),
    ("driver-too-old", "The NVIDIA driver on your system is too old (found version 9010). Please update",
     ["driver: 9010"]),
    ("driver-too-old", "RuntimeError: cuda runtime error (35) : CUDA driver version is insufficient for "
     "CUDA runtime version at torch/csrc/cuda/Module.cpp:51", ["PyTorch before 1.0"]),
    ("no-gpus", "RuntimeError: No CUDA GPUs are available", []),
    ("no-capable-device", "RuntimeError: cuda runtime error (38) : no CUDA-capable device is detected at "
     "/pytorch/aten/src/THC/THCGeneral.cpp:50", []),
    ("invalid-ordinal", "RuntimeError: cuda runtime error (10) : invalid device ordinal at "
     "torch/csrc/cuda/Module.cpp:32", []),
    ("invalid-ordinal", "torch.AcceleratorError: CUDA error: invalid device ordinal\nGPU device may be out "
     "of range, do you have enough GPUs?\nCUDA kernel errors might be asynchronously reported", []),
    ("invalid-ordinal", "THCudaCheck FAIL file=torch/csrc/cuda/Module.cpp line=84 error=10 : invalid device ordinal\n"
     "Traceback (most recent call last):\n  File \"run.py\", line 1, in <module>\n    model = torch.load(path)", []),
    ("invalid-ordinal", "    raise AssertionError(\"Invalid device id\")\nAssertionError: Invalid device id",
     ["torch.cuda.get_device_properties"]),
    ("invalid-ordinal", "RuntimeError: device >= 0 && device < num_gpus INTERNAL ASSERT FAILED at "
     "\"../aten/src/ATen/cuda/CUDAContext.cpp\":50, please report a bug to PyTorch. device=1, num_gpus=", []),
    ("start-failed", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions "
     "before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was "
     "attempted on non supported HW", ["CUDA says: 804"]),
    ("no-gpus", "[rank3]:     torch._C._cuda_init()\n[rank3]: RuntimeError: No HIP GPUs are available", ["ROCm"]),
    ("device-unavailable", "RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable", []),
    ("not-compiled-with-cuda", "AssertionError: Torch not compiled with CUDA enabled", []),
    ("cpu-build", "NotImplementedError: Could not run 'aten::empty_strided' with arguments from the 'CUDA' "
     "backend. This could be because the operator doesn't exist for this backend, or was omitted\n" +
     "\n".join(f"AutogradCPU: registered at ../x{i}.cpp:1 [autograd kernel]" for i in range(100)),
     ["operator: aten::empty_strided"]),
    ("cpu-build", "Could not run 'aten::empty.memory_format' with arguments from the 'CUDATensorId' "
     "backend.", ["PyTorch 1.4 and 1.5"]),
    ("cpu-build", "RuntimeError: Cannot initialize CUDA without ATen_cuda library. PyTorch splits its "
     "backend into two shared libraries", ["PyTorch 0.4 to 1.4"]),
    ("out-of-memory", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has",
     ["asked for: 2.00 GiB"]),
    ("out-of-memory", "RuntimeError: cuda runtime error (2) : out of memory at "
     "/opt/conda/THC/generic/THCStorage.cu:58", []),
    ("unknown-tag", "RuntimeError: don't know how to restore data location of torch.FloatStorage (tagged "
     "with npu:0)", ["tag: npu:0"]),
    ("mps-tag", "torch.UntypedStorage(): Storage device not recognized: mps", ["tag: mps"]),
    ("different-devices", "RuntimeError: Expected all tensors to be on the same device, but found at least "
     "two devices, cuda:0 and cpu! (when checking argument for argument mat1 in method wrapper_CUDA_addmm)",
     ["devices met: cuda:0 and cpu"]),
    ("different-devices", "RuntimeError: Expected object of device type cuda but got device type cpu for "
     "argument #1 'self' in call to _th_mm", ["PyTorch 1.2 to 1.5"]),
    ("different-devices", "RuntimeError: Expected object of backend CUDA but got backend CPU for argument "
     "#2 'weight'", ["PyTorch 1.0 and 1.1"]),
    ("different-devices", "Tensor for argument #2 'mat1' is on CPU, but expected it to be on GPU (while "
     "checking arguments for addmm)", ["PyTorch 1.6 and 1.7"]),
    ("different-devices", "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should "
     "be the same or input should be a MKLDNN tensor", []),
    ("different-devices", "RuntimeError: Expected object of type torch.FloatTensor but found type "
     "torch.cuda.FloatTensor for argument #4 'mat1'", ["PyTorch 0.4"]),
    ("different-devices", "RuntimeError: expected device cuda:0 but got device cpu", ["PyTorch 1.3 to 1.5"]),
    ("different-devices", "RuntimeError: arguments are located on different GPUs at "
     "/pytorch/aten/src/THC/generic/THCTensorMathBlas.cu:270", []),
    ("fused-steps", "RuntimeError: params, grads, exp_avgs, and exp_avg_sqs must have same dtype, device, and "
     "layout", []),
    ("fused-steps", "RuntimeError: Expected all tensors to be on the same device, but got state_steps is on "
     "cpu, different from other tensors on cuda:0", []),
    ("capturable-steps", "AssertionError: If capturable=False, state_steps should not be CUDA tensors.", []),
    ("rng-state", "TypeError: RNG state must be a torch.ByteTensor", []),
    ("rng-state", "TypeError: expected a torch.ByteTensor, but got torch.cuda.ByteTensor", []),
    ("rng-count", "  File \"torch/cuda/random.py\", line 60, in set_rng_state_all\n    set_rng_state(state, "
     "i)\n  File \"torch/cuda/random.py\", line 44, in cb\nIndexError: tuple index out of range", []),
    ("parallel-devices", "RuntimeError: module must have its parameters and buffers on device cuda:0 "
     "(device_ids[0]) but found one of them on device: cpu",
     ["module should be on: cuda:0", "found on: cpu"]),
    ("rnn-devices", "Input and hidden tensors are not at the same device, found input tensor at cpu and "
     "hidden tensor at cuda:0", ["device of the input: cpu"]),
    ("bad-device-string", "RuntimeError: Invalid device string: 'cuda1'", ["device given: cuda1"]),
    ("bad-device-string", "RuntimeError: Device index must not be negative", []),
    ("bad-device-string", "RuntimeError: Could not parse device index '99999999999' in device string "
     "'cuda:99999999999'", []),
    ("bad-device-string", "RuntimeError: Device string must not be empty", []),
    ("text-storage-id", "AssertionError: saved_id must be a tuple, got str", []),
    ("text-storage-id", "    assert isinstance(saved_id, tuple)\nAssertionError", []),
    ("unpickler-protocol", "RuntimeError: Only Pickle protocol 2 is supported, found protocol = \x04", []),
    ("unpickler-global", "RuntimeError: Unpickler found unknown type collections.defaultdict", []),
    ("unpickler-global", "RuntimeError: Unpickler found unknown torch global, 'torch.float32'", []),
    ("unpickler-opcode", "RuntimeError: Unknown opcode for unpickling at 0x8f: 143", []),
    ("unpickler-opcode", "RuntimeError: Expected length to be 8, got 6", []),
    ("pickle-not-a-dict", "RuntimeError: isInt() INTERNAL ASSERT FAILED. Expected Int but got None", []),
    ("missing-backend", "NotImplementedError: Could not run 'aten::_empty_affine_quantized' with arguments from the "
     "'QuantizedMeta' backend.", []),
    ("missing-backend", "NotImplementedError: aten::equal: attempted to run this operator with Meta tensors, but "
     "there was no fake impl or Meta kernel registered for this operator.", []),
    ("meta-copy", "NotImplementedError: Cannot copy out of meta tensor; no data! Please use "
     "torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving module from meta", []),
    ("unknown-tag", "RuntimeError: supported devices include CPU, CUDA, HPU and privateuseone however got XLA", []),
    ("untyped-legacy", "AttributeError: type object 'torch.storage.UntypedStorage' has no attribute 'dtype'", []),
    ("unknown-tag", "RuntimeError: Attempting to deserialize object on a MTIA device but "
     "torch.mtia.is_available() is False.", []),
    ("unknown-tag", "RuntimeError: The PRIVATEUSEONE device module is not registered.", []),
    ("bad-device-string", "RuntimeError: Expected one of cpu, cuda, ipu, xpu device type at start of device "
     "string: gpu", []),
    # pytest's excerpt of a traceback
    ("map-not-callable", ">       result = map_location(storage, location)\nE       TypeError: 'list' object is "
     "not callable", []),
    ("map-not-callable", "    result = map_location(storage, location)\nTypeError: 'int' object is not "
     "callable", []),
    ("hpu-tag", "RuntimeError: The HPU device module is not registered. If you are running", []),
    ("compiled-package-device", "RuntimeError: Incorrect device passed to aoti_runner_cpu: cuda", []),
    ("data-device", "Specified device cuda:1 does not match device of data cuda:0", []),
    ("safetensors-device", "safetensors_rust.SafetensorError: device cuda:3 is invalid",
     ["device given: cuda:3"]),
    ("mask-not-a-number", "ValueError: invalid literal for int() with base 10: 'GPU-8a3f'", []),
    ("weights-only", "_pickle.UnpicklingError: Weights only load failed. Re-running `torch.load` with", []),
    ("bad-magic", "    magic_number = pickle_module.load(f, **pickle_load_args)\n_pickle.UnpicklingError: invalid "
     "load key, 'v'.", []),
    # of Rust, around the words of C++
    ("cpu-build", "called `Result::unwrap()` on an `Err` value: Torch(\"Could not run 'aten::empty_strided' with "
     "arguments from the 'CUDA' backend. This could be because", []),
    ("no-kernel-image", "terminate called after throwing an instance of 'std::runtime_error'\n  what():  The "
     "following operation failed in the TorchScript interpreter.\nTraceback of TorchScript (most recent call "
     "last):\nRuntimeError: CUDA error: no kernel image is available for execution on the device", []),
    ("torchscript-archive", "Cannot use ``weights_only=True`` with TorchScript archives passed to "
     "``torch.load``.", []),
]

# Like a known one, and not it.
UNKNOWN = ["", "   \n", "ModuleNotFoundError: No module named 'torch'", "CUDA", "torch.cuda.is_available() is False",
           "Could not run 'aten::empty_strided'", "'MPS' backend",
           "Input type (torch.cuda.HalfTensor) and weight type (torch.cuda.FloatTensor) should be the same"]


def repro(*arguments, text=None):
    return subprocess.run([PROGRAM, "repro", *arguments], input=text, capture_output=True, text=True,
                          check=False, timeout=600)


class Recognise(unittest.TestCase):
    maxDiff = None

    def test_finds_the_error_in_what_people_paste(self):
        for error, text, more in TEXTS:
            with self.subTest(text[:60]):
                done = repro("-", text=text)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.splitlines()[0], error)
                for line in more:
                    self.assertIn(line, " ".join(done.stdout.split()))

    def test_from_an_argument_a_file_and_standard_input_alike(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log.txt"
            log.write_text(E1)
            outputs = {repro(E1).stdout, repro("--from", log).stdout, repro("-", text=E1).stdout,
                       repro("--from", "-", text=E1).stdout}
        self.assertEqual(len(outputs), 1)

    def test_a_log_of_any_bytes_and_size(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log.txt"
            log.write_bytes(bytes(range(256)) * 20_000 + E1.encode() + b"\xff\xfe\x1b[")
            said = repro("--from", log).stdout
        self.assertEqual(said.splitlines()[0], "deserialize-no-cuda")
        self.assertTrue(all(c.isprintable() or c == "\n" for c in said))

    def test_says_when_it_knows_nothing(self):
        for text in UNKNOWN:
            with self.subTest(text):
                done = repro("-", text=text)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("no known error in that text", done.stderr)

    def test_every_class_says_where_it_is_met(self):
        listed = subprocess.run([PROGRAM, "list", "errors"], capture_output=True, text=True, check=True).stdout
        for error in re.findall(r"^([a-z][a-z-]*)  ", listed, re.MULTILINE):
            with self.subTest(error):
                where = repro(error).stdout.partition("Which hosts and ways of loading give it\n")[2]
                self.assertNotEqual(where.partition("\n")[0].strip(), "")

    def test_hosts_and_ways_of_loading_come_from_the_rules(self):
        said = repro("no-driver").stdout
        self.assertIn("cpp, zip and torchscript, on no-driver\n    as-saved", said)
        self.assertIn("python, torchscript, on no-driver\n    as-saved", said)
        self.assertNotIn("python, zip and torchscript, on no-driver\n    as-saved", said)
        self.assertNotIn("1xh200", said)

    def test_fits_on_a_terminal(self):
        listed = subprocess.run([PROGRAM, "list", "errors"], capture_output=True, text=True, check=True)
        for error in (line.split()[0] for line in listed.stdout.splitlines() if line[0] != " "):
            for line in repro(error).stdout.splitlines():
                # A line of code is not broken.
                self.assertTrue(len(line) <= 80 or line.lstrip()[0].isdigit(), line)

    def test_wrong_use(self):
        for arguments, words in ((["--emit", "rust", "no-driver"], "unknown form 'rust'"),
                                 (["--from", "/nowhere/log.txt"], "cannot read /nowhere/log.txt"),
                                 (["--from", "/"], "cannot read /"),
                                 ([], "say what to look at"),
                                 (["-o", "x", "no-driver"], "-o is for --emit"),
                                 (["capturable-steps", "--emit", "py"], "has no reproduction: only PyTorch 1.12.0 says it"),
                                 (["cpu-build", "--emit", "py"], "--emit cpp"),
                                 (["rng-state", "--emit", "cpp"], "--emit py")):
            with self.subTest(arguments):
                done = repro(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
