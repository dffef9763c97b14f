"""Owns: the test that runs the Python reproductions of errors that only a PyTorch without CUDA gives, on
Debian's (ci/setup installs it with PyTorch 1.13.1); without it the test is skipped (exit status 77)."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["PORTCULLIS"]
PYTHON = "/usr/bin/python3"
ERRORS = ["not-compiled-with-cuda"]


def run(*command):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([PYTHON, *command], env=environment, capture_output=True, text=True, check=False)


if run("-c", "import torch; print(torch.version.cuda)").stdout != "None\n":
    print(f"skipped: {PYTHON} has no PyTorch without CUDA (apt-get install python3-torch)")
    sys.exit(77)


class WithoutCuda(unittest.TestCase):
    def test_each_fails_as_it_says_and_its_twin_works(self):
        for error in ERRORS:
            with self.subTest(error), tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                subprocess.run([PROGRAM, "repro", error, "--emit", "py", "-o", folder], check=True,
                               capture_output=True)
                fails = run(folder / "fails.py")
                self.assertEqual(fails.returncode, 1, fails.stdout)
                told = subprocess.run([PROGRAM, "repro", "-"], input=fails.stderr, capture_output=True,
                                      text=True, check=False)
                self.assertEqual(told.stdout.splitlines()[:1], [error], fails.stderr)
                works = run(folder / "works.py")
                self.assertEqual((works.returncode, works.stdout), (0, "moved to cpu\n"), works.stderr)


if __name__ == "__main__":
    unittest.main()
