"""Owns: the test that builds and runs every C++ reproduction. Those that differ only in the host
they load on are built once; their sources say so by being equal."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "simcuda"))
from host_file import device, write_host, write_record

PROGRAM = os.environ["PORTCULLIS"]
TORCH = os.environ["PORTCULLIS_TORCH"]
ERRORS = ["no-driver", "driver-too-old", "no-gpus", "invalid-ordinal", "cpu-build"]
HOSTS = {
    "no-driver": ([], 0),
    "old-driver": ([device()], 12040),
    "1xh200": ([device()], 13000),
    "2xh200": ([device(number=0), device(number=1)], 13000),
}


def portcullis(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **more)


def code_of(source):
    """A source without the comments at its head."""
    return re.sub(r"^//.*\n", "", source.read_text(), flags=re.MULTILINE)


class EmittedCpp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.built = {}  # sources and build script → folder of the programs

    def build(self, folder):
        key = (code_of(folder / "fails.cpp"), code_of(folder / "works.cpp"),
               (folder / "build.sh").read_text())
        if key not in self.built:
            done = subprocess.run(["./build.sh"], cwd=folder, text=True, capture_output=True,
                                  env={**os.environ, "TORCH": TORCH, "CXX": os.environ["PORTCULLIS_CXX"]},
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.built[key] = folder
        return self.built[key]

    def run_on(self, host, command):
        name, _, mask = host.partition("@")
        write_host(self.folder / "host", *HOSTS[name])
        write_record(self.folder / "record")
        environment = {"LD_LIBRARY_PATH": os.environ["PORTCULLIS_STANDINS"], "PATH": os.environ["PATH"],
                       "PORTCULLIS_SIM_HOST": str(self.folder / "host"),
                       "PORTCULLIS_SIM_RECORD": str(self.folder / "record")}
        if mask:
            environment["CUDA_VISIBLE_DEVICES"] = "" if mask == "empty" else mask
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def test_each_fails_as_it_says_and_its_twin_works(self):
        for error in ERRORS:
            with self.subTest(error):
                folder = self.folder / error
                self.assertEqual(portcullis("repro", error, "--emit", "cpp", "-o", folder).returncode, 0)
                programs = self.build(folder)
                saved, host = re.search(r"save (\S+) module.pt\n.*--host (\S+) --",
                                        (folder / "run.sh").read_text()).groups()
                module = folder / "module.pt"
                done = self.run_on("2xh200", [programs / "saves", "save", saved, module])
                self.assertEqual(done.returncode, 0, done.stderr)
                fails = self.run_on(host, [programs / "fails", "load", module])
                self.assertEqual(fails.returncode, 1, fails.stderr)
                told = portcullis("repro", "-", input=fails.stderr)
                self.assertEqual(told.stdout.splitlines()[:1], [error], fails.stderr)
                works = self.run_on(host, [programs / "works", "load", module])
                self.assertEqual((works.returncode, works.stdout), (0, "loaded onto cpu\n"), works.stderr)

    def test_no_other_error_has_one(self):
        listed = re.findall(r"^([a-z][a-z-]*)  ", portcullis("list", "errors").stdout, re.MULTILINE)
        has = [error for error in listed if portcullis("repro", error, "--emit", "cpp").returncode == 0]
        self.assertEqual(sorted(has), sorted(ERRORS))


if __name__ == "__main__":
    unittest.main()
