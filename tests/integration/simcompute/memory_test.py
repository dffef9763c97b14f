"""Owns: what operators hold of a simulated GPU's memory, and move, beyond their tensors: cuBLAS's workspaces,
as large as PyTorch chooses for the GPU, and the byte by which the host learns whether tensors are equal."""

import threading
import unittest

from computing import computing

import torch
from torch.nn import functional

import host_file

MIB = 1 << 20
HOPPER = [host_file.device()]
AMPERE = [host_file.device("NVIDIA A100", 80, (8, 0))]
ON_HOPPER, ON_AMPERE = 32 * MIB, 8 * MIB + 128 * 1024  # CublasHandlePool.cpp, 2.5 to 2.15
KEPT = torch.__version__ < "2.15"  # later ones free a workspace behind each call


def peak(compute):
    """Bytes beyond its tensors that `compute` has allocated at once."""
    a = torch.ones(4, 4, device="cuda")
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    results = compute(a)
    tensors = 512 * len(results if isinstance(results, (list, tuple)) else [results])
    return torch.cuda.max_memory_allocated() - before - tensors


class Workspaces(unittest.TestCase):
    def answer(self, function, devices=None, **host):
        outcome = computing(function, devices=devices or HOPPER, **host)
        self.assertEqual(outcome.raised, "", outcome.stderr)
        self.assertEqual([name for name in outcome.record["names"] if "cublas" in name], [], "refused")
        return outcome.value

    def test_are_as_large_as_the_gpu_wants(self):
        for devices, bytes_ in ((HOPPER, ON_HOPPER), (AMPERE, ON_AMPERE)):
            self.assertEqual(self.answer(lambda: peak(lambda a: a @ a), devices), bytes_)
        self.assertEqual(self.answer(lambda: peak(lambda a: a @ a), CUBLAS_WORKSPACE_CONFIG=":4096:1"), 4 * MIB)

    def test_serve_every_product_of_matrices_and_vectors(self):
        products = {
            "mm": lambda a: a @ a, "bmm": lambda a: torch.bmm(a[None], a[None]),
            "addmm": lambda a: torch.addmm(a, a, a), "baddbmm": lambda a: torch.baddbmm(a[None], a[None], a[None]),
            "addbmm": lambda a: torch.addbmm(a, a[None], a[None]), "addmv": lambda a: torch.addmv(a[0], a, a[0]),
            "mv": lambda a: a @ a[0], "dot": lambda a: a[0] @ a[0], "vdot": lambda a: torch.vdot(a[0], a[0])}

        def compute():
            found = {}
            for name, product in products.items():
                found[name] = peak(product)
                torch._C._cuda_clearCublasWorkspaces()
            return found
        self.assertEqual(self.answer(compute), dict.fromkeys(products, ON_HOPPER))

    def test_are_not_for_what_needs_no_product(self):
        def compute():
            empty = torch.ones(0, 4, device="cuda")
            return [peak(lambda a: a * a), peak(lambda a: empty @ a) + 512, peak(lambda a: a.sum())]
        self.assertEqual(self.answer(compute), [0, 0, 0])

    def test_of_cublaslt_are_for_products_that_add_a_vector(self):
        def add(rows, **more):
            return self.answer(lambda: peak(lambda a: torch.addmm(a[0], a[:rows], a, **more)))
        for rows in (4, 1):
            self.assertEqual(add(rows), MIB + (ON_HOPPER if KEPT else 0))
        self.assertEqual(add(4, beta=2), ON_HOPPER)

    @unittest.skipUnless(KEPT, "this PyTorch keeps none")
    def test_are_kept_for_each_thread_until_they_are_cleared(self):
        def compute():
            def product():
                torch.ones(4, 4, device="cuda") @ torch.ones(4, 4, device="cuda")
            held = []
            for times in range(2):
                product()
                held.append(torch.cuda.memory_allocated())
            gate = threading.Barrier(2)

            def run():
                product()
                gate.wait()
            thread = threading.Thread(target=run)
            thread.start()
            gate.wait()
            held.append(torch.cuda.memory_allocated())
            thread.join()
            torch._C._cuda_clearCublasWorkspaces()
            return held + [torch.cuda.memory_allocated()]
        one = ON_HOPPER
        self.assertEqual(self.answer(compute), [one, one, 2 * one, 0])

    def test_for_which_there_is_no_room_fail_the_operator_and_nothing_is_written(self):
        def compute():
            a = torch.ones(4, 4).cuda()
            texts = []
            for product in (lambda: a @ a, lambda: a.addmm_(a, a)):
                try:
                    product()
                except torch.OutOfMemoryError as error:
                    texts.append(str(error))
            return texts + [a.sum().item()]
        *texts, total = self.answer(compute, [host_file.device(gib=1 / 32)])
        self.assertEqual([text.split(".")[:2] for text in texts],
                         [["CUDA out of memory", " Tried to allocate 32"]] * 2)
        self.assertEqual(total, 16)


class Equality(unittest.TestCase):
    def compare(self, one, other):
        """(what torch.equal says, operators, bytes copied to the host)."""
        def child():
            a, b = one(), other()
            return torch.equal(a, a) and torch.equal(a, b)
        outcome = computing(child)
        self.assertEqual(outcome.raised, "", outcome.stderr)
        counters = outcome.record["counters"][0][0]
        return outcome.value, counters["kernels_launched"], counters["device_to_host_bytes"]

    def test_is_one_byte_that_the_host_copies(self):
        ones = torch.ones(3)
        self.assertEqual(self.compare(ones.cuda, ones.cuda), (True, 2, 1))
        self.assertEqual(self.compare(ones.cuda, (ones * 2).cuda), (False, 2, 1))

    def test_of_shapes_is_known_to_the_host(self):
        self.assertEqual(self.compare(torch.ones(3).cuda, torch.ones(4).cuda), (False, 0, 0))

    def test_across_devices_is_refused(self):
        outcome = computing(lambda: torch.equal(torch.ones(2).cuda(0), torch.ones(2).cuda(1)))
        self.assertIn("RuntimeError: Expected all tensors to be on the same device, but ", outcome.raised)
        self.assertIn("in method wrapper_CUDA__equal)", outcome.raised)


if __name__ == "__main__":
    unittest.main()
