"""Owns: the test that runs every reproduction that `portcullis repro --emit py` writes: the first
program must end with the error it is for, as repro itself recognises it in the traceback, and the
second must end well. Each runs on the simulated host that its guide names."""

import importlib.util
import os
import pathlib
import re
import runpy
import subprocess
import sys
import tempfile
import unittest
import warnings

warnings.simplefilter("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "simcuda"))
try:
    import torch  # noqa: F401  (imported once; the programs run in forked children)
except ImportError as error:
    print(f"skipped: this Python cannot import torch: {error}")
    sys.exit(77)

from host_file import device
from simulated import on_host

PROGRAM = os.environ["PORTCULLIS"]
T4 = {"name": "Tesla T4", "gib": 15, "capability": (7, 5)}
HOSTS = {
    "no-driver": {"devices": [], "driver": 0},
    "old-driver": {"devices": [device()], "driver": 12040},
    "driver-mismatch": {"devices": [device()], "start_error": 803},
    "1xh200": {"devices": [device()]},
    "1xv100": {"devices": [device("Tesla V100-SXM2-16GB", gib=16, capability=(7, 0))]},
    "2xh200": {"devices": [device(number=0), device(number=1)]},
    "2xt4": {"devices": [device(number=0, **T4), device(number=1, **T4)]},
}
# Error classes that nobody can be shown here, and why; their pages say so too.
WITHOUT = {"capturable-steps": "only PyTorch 1.12.0 says it, which is of CUDA 10.2 and 11.6; the stand-ins are "
                               "of CUDA 12 and 13",
           "no-pinned-memory": "only PyTorch up to 2.6 says it; 2.11 names the missing driver or GPU"}
# Those of C++ alone: emitted_cpp_test.py runs them.
CPP = {"cpu-build", "not-linked", "pickle-not-a-dict", "unpickler-global", "unpickler-protocol",
       "unpickler-opcode", "data-device"}
# Those of a PyTorch without CUDA: emitted_without_cuda_test.py runs them.
WITHOUT_CUDA = {"not-compiled-with-cuda"}
# What others need to be imported beside PyTorch; ci/setup puts it there.
NEEDS = {"safetensors-device": "safetensors", "compiled-package-device": "sympy", "export-load": "sympy"}
# Those of hosts with faults: emitted_sh_test.py runs them.
BROKEN = {"device-unavailable", "ecc", "illegal-address"}


def portcullis(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **more)


def error_classes():
    """Ids of the catalog: the words at the beginning of a line of `portcullis list errors`."""
    return re.findall(r"^([a-z][a-z-]*)  ", portcullis("list", "errors").stdout, re.MULTILINE)


class Emitted(unittest.TestCase):
    maxDiff = None

    def run_on_its_host(self, script):
        named = re.search(r"portcullis exec --host (\S+) --", script.read_text())

        def run():
            os.chdir(script.parent)
            torch.backends.cudnn.enabled = False  # a simulated cuDNN refuses
            runpy.run_path(str(script), run_name="__main__")
        return on_host(run, **HOSTS[named[1] if named else "no-driver"])

    def test_each_fails_as_it_says_and_its_twin_works(self):
        without, cpp, broken = {}, set(), set()
        for error in error_classes():
            with self.subTest(error), tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                emitted = portcullis("repro", error, "--emit", "py", "-o", folder)
                if emitted.returncode == 2 and "--emit cpp" in emitted.stderr:
                    cpp.add(error)
                    continue
                if emitted.returncode == 2:
                    without[error] = emitted.stderr.strip().partition("has no reproduction: ")[2]
                    continue
                self.assertEqual(emitted.returncode, 0, emitted.stderr)
                self.differ_in_one_place(folder)
                if "--fault" in (folder / "fails.py").read_text():
                    broken.add(error)
                elif error not in WITHOUT_CUDA:
                    self.fails_and_works(error, folder)
        self.assertEqual((without, cpp, broken), (WITHOUT, CPP, BROKEN))

    def fails_and_works(self, error, folder):
        if error in NEEDS and not importlib.util.find_spec(NEEDS[error]):
            self.skipTest(f"{error}: {NEEDS[error]} is not installed beside PyTorch")
        fails = self.run_on_its_host(folder / "fails.py")
        self.assertTrue(fails.raised, f"it went well\n{fails.stderr}")
        self.recognised(error, fails.stderr)
        works = self.run_on_its_host(folder / "works.py")
        self.assertEqual(works.raised, "", works.stderr)

    def recognised(self, error, said):
        told = portcullis("repro", "-", input=said)
        self.assertEqual(told.stdout.splitlines()[:1], [error], said)

    def differ_in_one_place(self, folder):
        fails, works = ((folder / name).read_text().splitlines()[3:]
                        for name in ("fails.py", "works.py"))
        start = next(i for i, pair in enumerate(zip(fails, works)) if pair[0] != pair[1])
        end = next(i for i, pair in enumerate(zip(reversed(fails), reversed(works)))
                   if pair[0] != pair[1])
        self.assertLessEqual(max(len(fails), len(works)) - start - end, 3)


if __name__ == "__main__":
    unittest.main()
