"""Owns: what goes wrong where operators compute: the fault plan strikes at an operator, a GPU that the
build has no kernels for fails at the first one, and a plugin without a simulated host refuses."""

import subprocess
import sys
import unittest

from computing import PLUGIN, computing

import torch
from host_file import device, operator_fails

ILLEGAL_ADDRESS, ECC = 700, 214


def products(device_name, count=5):
    """[how many of `count` products were made, the text with which the next one failed]"""
    for done in range(count):
        try:
            a = torch.ones(2, 2).to(device_name)
            torch.addmm(a, a, a)
            torch.cuda.synchronize(device_name)
        except RuntimeError as error:
            return [done, str(error).split("\n")[0]]
    return [count, ""]


class FaultPlan(unittest.TestCase):
    ADDRESS = "CUDA error: an illegal memory access was encountered"

    def test_strikes_at_one_call_of_an_operator_on_one_device(self):
        rules = [operator_fails("aten::addmm", ILLEGAL_ADDRESS, 3, ordinal=1)]
        outcome = computing(lambda: [products("cuda:0"), products("cuda:1"), products("cuda:1")],
                            rules=rules)
        self.assertEqual(outcome.value, [[5, ""], [2, self.ADDRESS], [0, self.ADDRESS]],
                         "and the device stays broken")

    def test_is_reported_by_the_operator_itself_if_launches_block(self):
        def compute():
            a = torch.ones(2, 2).cuda()
            a @ a
            try:
                a @ a
            except RuntimeError as error:
                return str(error).split("\n")[0]
        rules = [operator_fails("aten::mm", ILLEGAL_ADDRESS, 2)]
        self.assertIsNone(computing(compute, rules=rules).value)
        self.assertEqual(computing(compute, rules=rules, CUDA_LAUNCH_BLOCKING="1").value,
                         self.ADDRESS)

    def test_names_the_error_that_it_was_told(self):
        rules = [operator_fails("aten::addmm", ECC, 1)]
        self.assertEqual(computing(lambda: products("cuda"), rules=rules).value,
                         [0, "CUDA error: uncorrectable ECC error encountered"])


class Architectures(unittest.TestCase):
    TEXT = "CUDA error: no kernel image is available for execution on the device"

    def test_that_the_build_lacks_fail_at_the_first_kernel_and_not_before(self):
        def compute():
            there = torch.arange(3).cuda()
            try:
                there + 1
            except RuntimeError as error:
                return [there.cpu().tolist(), str(error).split("\n")[0]]
            return [there.cpu().tolist(), ""]
        flags = computing(lambda: torch._C._cuda_getArchFlags().split()).value
        built = [int(name[3:]) for name in flags if name[3:].isdecimal()]
        for capability in ((3, 5), (7, 0), (7, 5), (8, 6), (8, 9), (9, 0), (17, 0)):
            number = 10 * capability[0] + capability[1]
            fits = any(b // 10 == number // 10 and b <= number for b in built)
            found = computing(compute, devices=[device("A GPU", 16, capability)]).value
            self.assertEqual(found, [[0, 1, 2], "" if fits else self.TEXT], capability)


class Plugin(unittest.TestCase):
    def test_refuses_where_the_cuda_runtime_is_not_the_simulated_one(self):
        code = f"""
import ctypes, torch
library = ctypes.CDLL({PLUGIN!r})
print(library.portcullis_compute_start(), torch.ones(2).add(1).tolist())
"""
        # Nobody has said what host this is: as good as a host of its own.
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.stdout, "1 [2.0, 2.0]\n", done.stderr)
        self.assertIn("this process is on no simulated host", done.stderr)


if __name__ == "__main__":
    unittest.main()
