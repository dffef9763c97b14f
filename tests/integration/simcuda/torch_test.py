"""Owns: the simulated runtime under the real PyTorch: what works without kernels, and what fails,
and how. Run by ctest with the stand-ins in LD_LIBRARY_PATH and LD_PRELOAD."""

import ctypes
import io
import sys
import unittest
import warnings

warnings.simplefilter("ignore")
try:
    import torch
except ImportError as error:
    print(f"skipped: this Python cannot import torch: {error}")
    sys.exit(77)

from host_file import device
from simulated import on_host

CUDA_MAJOR = int(torch.version.cuda.split(".")[0])
CUDART = f"libcudart.so.{CUDA_MAJOR}"


def saved(value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return file


class Devices(unittest.TestCase):
    def test_are_counted_alike_by_nvml_and_cudart(self):
        for mask, expected in ((None, 2), ("", 0), ("-1", 0), ("1", 1), ("1,0", 2), ("0,7,1", 1),
                               ("0,0", 0), ("junk", 0), ("GPU-", 0)):
            with self.subTest(mask=mask):
                counts = on_host(lambda: [torch.cuda._device_count_nvml(),
                                          torch._C._cuda_getDeviceCount(),
                                          torch.cuda.device_count()], mask=mask)
                self.assertEqual(counts.value, [expected] * 3)

    def test_have_the_properties_of_the_host(self):
        def properties():
            found = torch.cuda.get_device_properties(1)
            return [found.name, found.total_memory, found.major, found.multi_processor_count,
                    torch.cuda.get_device_capability(0)]
        devices = [device("Tesla T4", 16, (7, 5), 0, 40), device("Tesla T4", 16, (7, 5), 1, 40)]
        self.assertEqual(on_host(properties, devices).value,
                         ["Tesla T4", 16 << 30, 7, 40, [7, 5]])

    def test_fastest_comes_first_unless_pci_order_is_asked_for(self):
        devices = [device("Tesla T4", 16, (7, 5), 0, 40), device(number=1)]

        def names():
            return [torch.cuda.get_device_name(i) for i in range(2)]
        self.assertEqual(on_host(names, devices).value, ["NVIDIA H200", "Tesla T4"])
        self.assertEqual(on_host(names, devices, CUDA_DEVICE_ORDER="PCI_BUS_ID").value,
                         ["Tesla T4", "NVIDIA H200"])

    def test_cannot_be_used_by_a_child_forked_later(self):
        def fork_after():
            torch.zeros(1).cuda()
            return on_host(lambda: torch.zeros(1).cuda()).raised
        self.assertIn("Cannot re-initialize CUDA in forked subprocess", on_host(fork_after).value)


class DriverStates(unittest.TestCase):
    def text(self, **host):
        outcome = on_host(lambda: torch.zeros(1).to("cuda:0"), **host)
        available = on_host(torch.cuda.is_available, **host)
        self.assertFalse(available.value)
        return outcome.raised

    def test_absent(self):
        self.assertIn("Found no NVIDIA driver on your system", self.text(devices=[], driver=0))

    def test_too_old(self):
        old = (CUDA_MAJOR - 1) * 1000
        self.assertIn(f"driver on your system is too old (found version {old})",
                      self.text(driver=old))

    def test_without_devices(self):
        self.assertIn("No CUDA GPUs are available", self.text(devices=[]))
        self.assertIn("No CUDA GPUs are available", self.text(mask=""))


class Tensors(unittest.TestCase):
    def test_are_saved_and_loaded_with_their_devices(self):
        def there_and_back():
            file = saved({"a": torch.arange(1000).to("cuda:0"), "b": torch.ones(3).to("cuda:1")})
            loaded = torch.load(file)
            return [str(loaded["a"].device), str(loaded["b"].device),
                    loaded["a"].cpu().equal(torch.arange(1000)), loaded["b"].cpu().tolist()]
        self.assertEqual(on_host(there_and_back).value, ["cuda:0", "cuda:1", True, [1, 1, 1]])

    def test_follow_map_location(self):
        def devices():
            file = saved(torch.arange(3).to("cuda:1"))
            found = []
            for location in ("cpu", "cuda", "cuda:0", {"cuda:1": "cuda:0"}, {"cuda:0": "cpu"},
                             lambda storage, tag: storage.cuda(0), torch.device("meta")):
                file.seek(0)
                found.append(str(torch.load(file, map_location=location).device))
            return found
        self.assertEqual(on_host(devices).value,
                         ["cpu", "cuda:0", "cuda:0", "cuda:0", "cuda:1", "cuda:0", "meta"])

    def test_move_between_devices(self):
        def around():
            tensor = torch.arange(600).reshape(20, 30)
            moved = tensor.to("cuda:0").to("cuda:1").t().contiguous().cpu()
            return moved.equal(tensor.t())
        outcome = on_host(around)
        if outcome.raised:  # contiguous() of a transposed tensor on a GPU needs a kernel
            self.assertIn("operation not supported", outcome.raised)
        whole = on_host(lambda: torch.arange(600).to("cuda:0").to("cuda:1").cpu().tolist())
        self.assertEqual(whole.value, list(range(600)))
        self.assertEqual(whole.record["counters"][0][1]["device_to_device_bytes"], 4800)

    def test_modules_load_a_state_from_the_cpu(self):
        def load():
            source = torch.nn.Linear(8, 4)
            target = torch.nn.Linear(8, 4).to("cuda:1")
            target.load_state_dict(source.state_dict())
            return target.weight.cpu().equal(source.weight)
        self.assertEqual(on_host(load).value, True)

    def test_pinned_memory_is_known(self):
        self.assertEqual(on_host(lambda: [torch.ones(5).pin_memory().is_pinned(),
                                          torch.ones(5).is_pinned()]).value, [True, False])

    def test_cannot_be_touched_by_the_host(self):
        outcome = on_host(lambda: ctypes.string_at(torch.ones(4).cuda().data_ptr(), 16))
        self.assertEqual(outcome.signal, "SIGSEGV")

    def test_random_states_come_back(self):
        def states():
            torch.cuda.manual_seed_all(7)
            state = torch.cuda.get_rng_state(1)
            torch.cuda.manual_seed_all(8)
            torch.cuda.set_rng_state(state, 1)
            return torch.cuda.get_rng_state(1).equal(state)
        self.assertEqual(on_host(states).value, True)

    def test_streams_and_events(self):
        def run():
            stream, start, end = torch.cuda.Stream(), *(
                torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            with torch.cuda.stream(stream):
                copied = torch.ones(5).pin_memory().to("cuda", non_blocking=True)
            end.record(stream)
            stream.synchronize()
            return [copied.cpu().tolist(), end.query(), start.elapsed_time(end) >= 0]
        self.assertEqual(on_host(run).value, [[1] * 5, True, True])


class Memory(unittest.TestCase):
    SMALL = [device("Small", 0.0625)]  # 64 MiB

    def test_out_of_memory_is_told_as_pytorch_tells_it(self):
        def fill():
            try:
                torch.empty(128 << 20, dtype=torch.uint8, device="cuda")
            except torch.OutOfMemoryError as error:
                after = torch.zeros(1 << 20, dtype=torch.uint8).to("cuda")
                return [str(error), after.device.type]
        text, after = on_host(fill, self.SMALL).value
        self.assertIn("CUDA out of memory. Tried to allocate 128.00 MiB. GPU 0 has a total capacity "
                      "of 64.00 MiB of which 64.00 MiB is free", text)
        self.assertEqual(after, "cuda", "running out does not break the device")

    def test_is_as_large_as_the_host_says(self):
        def load():
            torch.load(file)
        file = on_host_saved(48 << 20)
        self.assertEqual(on_host(load, self.SMALL).raised, "")
        file = on_host_saved(80 << 20)
        self.assertIn("OutOfMemoryError", on_host(load, self.SMALL).raised)

    def test_is_counted(self):
        def load():
            torch.load(file)
            return torch.cuda.mem_get_info()
        file = on_host_saved(48 << 20)
        outcome = on_host(load, self.SMALL)
        self.assertEqual(outcome.value, [16 << 20, 64 << 20])
        counted = outcome.record["counters"][0][0]
        self.assertEqual(counted["host_to_device_bytes"], 48 << 20)
        self.assertEqual(counted["host_to_device_calls"], 1)
        self.assertEqual(counted["peak_bytes"], 48 << 20)
        self.assertEqual(counted["device_to_host_calls"], 0)


def on_host_saved(count):
    """A checkpoint of so many bytes, tagged cuda:0; made here so that it can be read in a child."""
    torch.serialization.register_package(5, lambda storage: "cuda:0", lambda storage, tag: None)
    try:
        return saved(torch.zeros(count, dtype=torch.uint8))
    finally:
        torch.serialization._package_registry[:] = [
            entry for entry in torch.serialization._package_registry if entry[0] != 5]


class BrokenHosts(unittest.TestCase):
    BUSY, EXCLUSIVE, PROHIBITED, LOST = 1, 2, 3, 4

    @staticmethod
    def first_use():
        return [torch.cuda.is_available(), torch.ones(3).cuda().device.type]

    def test_busy_devices_are_there_until_their_first_use(self):
        for state in (self.BUSY, self.EXCLUSIVE, self.PROHIBITED):
            with self.subTest(state=state):
                devices = [device(number=0, state=state), device(number=1)]
                self.assertEqual(on_host(torch.cuda.is_available, devices).value, True)
                self.assertIn("CUDA-capable device(s) is/are busy or unavailable",
                              on_host(self.first_use, devices).raised)
                self.assertEqual(on_host(self.first_use, devices, mask="1").value, [True, "cuda"])

    def test_a_lost_device_is_an_unknown_error_until_a_mask_hides_it(self):
        devices = [device(number=0), device(number=1, state=self.LOST)]
        outcome = on_host(self.first_use, devices)
        self.assertIn("unknown error", outcome.raised)
        self.assertEqual(on_host(self.first_use, devices, mask="0").value, [True, "cuda"])

    def test_a_host_that_cannot_start_says_why(self):
        for error, text in ((802, "system not yet initialized"),
                            (803, "system has unsupported display driver / cuda driver combination")):
            with self.subTest(error=error):
                self.assertIn(text, on_host(self.first_use, start_error=error).raised)

    def test_an_architecture_without_kernels_copies_and_does_not_compute(self):
        old = [device("Tesla K40", 12, (3, 5), multiprocessors=15)]  # wheels begin at 5.0 (2.5, 2.6) or later
        self.assertEqual(on_host(lambda: torch.arange(3).cuda().cpu().tolist(), old).value, [0, 1, 2])
        outcome = on_host(lambda: torch.ones(3).cuda() + 1, old)
        self.assertIn("no kernel image is available for execution on the device", outcome.raised)
        launches = [name for name in outcome.record["names"] if "Launch" in name]
        self.assertEqual(launches, [], "not refused: no real one could, either")

    def test_memory_of_others_is_not_free(self):
        devices = [device("Small", 1, used=960 << 20)]
        self.assertEqual(on_host(torch.cuda.mem_get_info, devices).value, [64 << 20, 1 << 30])
        self.assertIn("OutOfMemoryError",
                      on_host(lambda: torch.ones(30 << 20).cuda(), devices).raised)


class Refusals(unittest.TestCase):
    def refused(self, function, name, text):
        outcome = on_host(function)
        self.assertIn(text, outcome.raised, outcome.stderr)
        self.assertIn(name, outcome.record["names"], outcome.raised)
        self.assertIn(f"portcullis: {name} refused", outcome.stderr)

    def test_kernels(self):
        self.refused(lambda: torch.ones(3).cuda() + 1, f"{CUDART}: cudaLaunchKernel",
                     "operation not supported")

    def test_kernels_are_named_and_counted(self):
        outcome = on_host(lambda: torch.ones(3).cuda() + 1)
        self.assertRegex(outcome.stderr, r"the kernel is void at::native::.*elementwise_kernel")
        self.assertEqual(outcome.record["counters"][0][0]["kernels_launched"], 1)

    def test_graphs(self):
        def capture():
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                pass
        outcome = on_host(capture)  # 2.11 refused at a kernel that prepares the random state
        self.assertIn("operation not supported", outcome.raised)
        self.assertNotEqual(outcome.record["names"], [])

    def test_sharing_with_other_processes(self):
        self.refused(lambda: torch.ones(3).cuda().untyped_storage()._share_cuda_(),
                     f"{CUDART}: cudaIpcGetMemHandle", "operation not supported")

    def test_matrix_products(self):
        outcome = on_host(lambda: torch.ones(4, 4).cuda() @ torch.ones(4, 4).cuda())
        self.assertIn("CUBLAS_STATUS_NOT_SUPPORTED", outcome.raised)
        self.assertRegex(" ".join(outcome.record["names"]), r"libcublas\.so\.\d+: cublasCreate_v2")

    def test_fourier_transforms(self):
        outcome = on_host(lambda: torch.fft.rfft(torch.ones(8).cuda()))
        self.assertNotEqual(outcome.raised, "")
        self.assertRegex(" ".join(outcome.record["names"]), r"libcufft\.so\.\d+: cufft")

    def test_collectives(self):
        outcome = on_host(lambda: torch.cuda.nccl.init_rank(1, torch.cuda.nccl.unique_id(), 0))
        self.assertIn("NCCL", outcome.raised)
        self.assertIn("libnccl.so.2: ncclGetUniqueId", outcome.record["names"])

    def test_cudnn_says_the_version_the_wheel_was_compiled_against(self):
        outcome = on_host(torch.backends.cudnn.version)
        self.assertEqual(outcome.raised, "")
        self.assertGreater(outcome.value, 8000)


if __name__ == "__main__":
    unittest.main()
