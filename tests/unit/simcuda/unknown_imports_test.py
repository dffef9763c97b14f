"""Owns: the test that the build stops where a runtime asks for what the entry-point tables lack.
    unknown_imports_test.py SOURCE COMPILER

The runtimes are libraries of a few lines, compiled here: the stand-ins for them are made, or not."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, COMPILER = sys.argv[1:3]


class UnknownImports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portcullis-imports-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.lib = self.folder / "torch" / "lib"
        self.lib.mkdir(parents=True)

    def compile(self, library, source, *options):
        (self.folder / "source.c").write_text(source)
        subprocess.run([COMPILER, "-shared", "-fPIC", "-nostdlib", self.folder / "source.c", "-o", library,
                        f"-Wl,-soname,{library.name}", *options], check=True)

    def make_standins(self, function, name=""):
        """For a runtime that imports a function of libcudart.so.13 and looks another up by name."""
        cudart = self.folder / "libcudart.so.13"
        (self.folder / "map").write_text(f"libcudart.so.13 {{ global: {function}; }};")
        self.compile(cudart, f"int {function}(void) {{ return 0; }}",
                     f"-Wl,--version-script={self.folder / 'map'}")
        self.compile(self.lib / "libc10_cuda.so",
                     f"int {function}(void);\nint call(void) {{ return {function}(); }}\n"
                     f'const char names[] = "\\0{name}";\n', cudart)
        return subprocess.run(
            [sys.executable, f"{SOURCE}/src/simcuda/generate/inert.py", "--torch", self.folder / "torch",
             "--cuda", "13000", "--cudart", cudart, "--compiler", COMPILER, "--root", SOURCE,
             "--work", self.folder / "work", "--out", self.folder / "out"],
            text=True, capture_output=True)

    def stopped(self, function, name, text):
        done = self.make_standins(function, name)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("The runtime asks for what the entry-point tables do not know.", done.stderr)
        self.assertIn(text, done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_what_the_tables_know_is_made(self):
        done = self.make_standins("cudaMalloc", "cuInit")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_unknown_import_stops_the_build(self):
        self.stopped("cudaNoSuchThing", "cuInit",
                     "cudart: cudart.table does not know cudaNoSuchThing for CUDA 13. Add a row for each.")

    def test_one_of_another_cuda_stops_it_too(self):
        self.stopped("cudaGetDeviceProperties_v2", "", "cudaGetDeviceProperties_v2 for CUDA 13")

    def test_so_does_one_that_is_looked_up_by_name(self):
        self.stopped("cudaMalloc", "cuNoSuchThing", "driver.table does not know cuNoSuchThing")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
