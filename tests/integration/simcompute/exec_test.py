"""Owns: the user's view: an ordinary training program under `portcullis exec --compute` has the CPU's
losses, and goes on behind another mask. PORTCULLIS_TEST_FULL_PYTHON names a Python with another
PyTorch to run it with, such as one with all of its CUDA libraries."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ["PORTCULLIS"]
PYTHON = os.environ.get("PORTCULLIS_TEST_FULL_PYTHON", sys.executable)
TOLERANCE = 1e-5  # relative to the loss


def losses(*arguments, host=()):
    done = subprocess.run([PROGRAM, "exec", *host, "--", PYTHON, str(HERE / "program.py"), *arguments],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{arguments}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


class Program(unittest.TestCase):
    GPUS = ("--compute", "--host", "2xh200")

    def assert_same(self, expected, found):
        self.assertEqual(expected.keys(), found.keys())
        for name in expected:
            self.assertEqual(len(expected[name]), len(found[name]))
            for one, other in zip(expected[name], found[name]):
                self.assertAlmostEqual(one, other, delta=TOLERANCE * max(1, abs(one)), msg=name)

    def test_trains_as_on_the_cpu_and_resumes_behind_another_mask(self):
        with tempfile.TemporaryDirectory() as folder:
            on_cpu, on_gpus = (os.path.join(folder, name) for name in ("cpu.pt", "gpus.pt"))
            expected = losses("start", on_cpu, "cpu", "cpu", host=("--host", "no-driver"))
            self.assert_same(expected, losses("start", on_gpus, "cuda:0", "cuda:1", host=self.GPUS))
            later = {name: values[4:] for name, values in expected.items()}
            self.assert_same(later, losses("resume", on_gpus, "cuda:0", "cuda:0",
                                           host=(*self.GPUS, "--mask", "1")))
            self.assert_same(later, losses("resume", on_gpus, "cuda:1", "cuda:0",
                                           host=(*self.GPUS, "--mask", "1,0")))

    def test_fails_as_on_a_gpu_when_its_halves_do_not_meet(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(AssertionError) as raised:
            file = os.path.join(folder, "one.pt")
            losses("start", file, "cuda:0", "cuda:2", host=self.GPUS)
        self.assertIn("invalid device ordinal", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
