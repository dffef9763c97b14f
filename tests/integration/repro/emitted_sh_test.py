"""Owns: the test that runs what `portcullis repro --emit sh` writes, as a person would: run.sh makes the
simulated host, a broken one where the guide says so, and runs the program on it. The programs of the
other errors are the Python form's, which emitted_test.py runs."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

PROGRAM = pathlib.Path(os.environ["PORTCULLIS"])
# A plain host, a mask, and every kind of fault that a guide has.
ERRORS = ["deserialize-no-cuda", "no-gpus", "device-unavailable", "ecc", "illegal-address"]


def portcullis(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **more)


class EmittedSh(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_script(self, folder, which):
        path = f"{PROGRAM.parent}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run([folder / "run.sh", which], capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": path})

    def test_each_fails_as_it_says_and_its_twin_works(self):
        for error in ERRORS:
            done = portcullis("repro", error, "--emit", "sh", "-o", self.folder / error)
            self.assertEqual(done.returncode, 0, done.stderr)
        with ThreadPoolExecutor(2) as pool:
            runs = {(error, which): pool.submit(self.run_script, self.folder / error, which)
                    for error in ERRORS for which in ("fails", "works")}
        for error in ERRORS:
            with self.subTest(error):
                fails, works = runs[error, "fails"].result(), runs[error, "works"].result()
                self.assertEqual(fails.returncode, 1, fails.stderr)
                told = portcullis("repro", "-", input=fails.stderr)
                self.assertEqual(told.stdout.splitlines()[:1], [error], fails.stderr)
                self.assertEqual(works.returncode, 0, works.stderr)
                self.assertRegex(works.stdout, r"(loaded onto|moved to) c")

    def test_every_broken_host_is_among_them(self):
        listed = re.findall(r"^([a-z][a-z-]*)  ", portcullis("list", "errors").stdout, re.MULTILINE)
        broken = [error for error in listed
                  if "--fault" in portcullis("repro", error, "--emit", "sh").stdout]
        self.assertLessEqual(set(broken), set(ERRORS))
        self.assertGreater(len(broken), 2)


if __name__ == "__main__":
    unittest.main()
