"""Owns: the test that builds and runs every C++ reproduction. One is built by its own build.sh; the
others, whose compiling is most of the time, as they stand in one translation unit."""

import json
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
BUILT_BY_ITS_SCRIPT = "no-driver"
ERRORS = ["no-driver", "driver-too-old", "no-gpus", "invalid-ordinal", "cpu-build", "not-linked",
          "pickle-not-a-dict", "unpickler-global", "unpickler-protocol", "unpickler-opcode", "data-device"]
# Of every way of loading in C++, and of every kind of checkpoint that fails there.
CASES = ["matrix/script-cuda0/no-driver/cpp/as-saved",
         "c3-gpu-gone/archive-cuda0/no-driver/cpp/as-saved-then-to=cpu",
         "matrix/archive-cuda0/1xh200/cpp/map-location=cuda:1",
         "matrix/script-cuda0/no-driver/cpp/cpu-then-to=cuda:0",
         "matrix/archive-cuda0/no-driver/cpp/parts=cuda:0,cuda:1",
         "c7-saved-from-cpu/traced-cuda0-saved-cpu/no-driver/cpp/forward",
         "c3-gpu-gone/pickle-save-cuda0/no-driver/cpp/as-saved",
         "matrix/script-cuda0/no-driver/cpp-cpu/as-saved"]
LINK = re.compile(r'\$cxx "\$name.o" -o "\$name" \$link (.*)')
HOSTS = {
    "no-driver": ([], 0),
    "old-driver": ([device()], 12040),
    "1xh200": ([device()], 13000),
    "2xh200": ([device(number=0), device(number=1)], 13000),
}


def portcullis(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **more)


def folder_of(case):
    return re.sub(r"[^A-Za-z0-9]+", "-", case)


def ending_in(error, which):
    return f"{which}_{re.sub(r'[^A-Za-z0-9]', '_', error)}"


class EmittedCpp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for error in ERRORS:
            done = portcullis("repro", error, "--emit", "cpp", "-o", cls.folder / error)
            assert done.returncode == 0, done.stderr
        results = cls.folder / "results.ndjson"
        done = portcullis("run", "--json", results, *(word for case in CASES for word in ("--filter", case)))
        assert done.returncode == 0, done.stdout + done.stderr
        for case in CASES:
            done = portcullis("repro", "--case", case, "--from", results, "--emit", "cpp", "-o",
                              cls.folder / folder_of(case))
            assert done.returncode == 0, done.stderr
        cls.expected = {error: error for error in ERRORS}
        for line in map(json.loads, results.read_text().splitlines()):
            if line["kind"] == "case":
                told = portcullis("repro", "-", input=line["observation"]["error"]["whole"])
                cls.expected[folder_of(line["id"])] = told.stdout.splitlines()[0]
        cls.build_all()

    @classmethod
    def build_all(cls):
        """all-cuda and all-cpu: the first argument says which of the programs they are."""
        compiler = [*os.environ["PORTCULLIS_CXX"].split(), "-std=c++20"]
        source = ["#include <cstring>"]
        choices = []
        for error in cls.expected:
            for which in ("fails", "works"):
                text = (cls.folder / error / f"{which}.cpp").read_text()
                name, arguments = ending_in(error, which), "int argc, char** argv" in text
                source += [f"#define main {name}", f'#include "{error}/{which}.cpp"', "#undef main"]
                choices.append(f'  if (std::strcmp(argv[1], "{name}") == 0) return '
                               f'{name}({"argc - 1, argv + 1" if arguments else ""});')
        source += ["int main(int argc, char** argv) {", *choices, "  return argc == 0 ? 4 : 3;", "}"]
        (cls.folder / "all.cpp").write_text("\n".join(source) + "\n")
        subprocess.run([*compiler, "-isystem", f"{TORCH}/include", "-isystem",
                        f"{TORCH}/include/torch/csrc/api/include", "-c", "all.cpp"], cwd=cls.folder, check=True)
        for name, libraries in (("all-cuda", ["torch_cpu", "c10", "torch_cuda", "c10_cuda", "torch"]),
                                ("all-cpu", ["torch_cpu", "c10"])):
            subprocess.run([*compiler, "all.o", "-o", name, f"-L{TORCH}/lib", f"-Wl,-rpath,{TORCH}/lib",
                            "-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed",
                            *(f"-l{library}" for library in libraries)], cwd=cls.folder, check=True)

    def program(self, error, which):
        """The command that is `which` of an error, linked as its build.sh links it."""
        cuda = "$cuda" in LINK.search((self.folder / error / "build.sh").read_text())[1]
        return [self.folder / ("all-cuda" if cuda else "all-cpu"), ending_in(error, which)]

    def run_on(self, host, command, folder, **environment):
        name, _, mask = host.partition("@")
        write_host(self.folder / "host", *HOSTS[name])
        write_record(self.folder / "record")
        environment |= {"LD_LIBRARY_PATH": os.environ["PORTCULLIS_STANDINS"], "PATH": os.environ["PATH"],
                        "PORTCULLIS_SIM_HOST": str(self.folder / "host"),
                        "PORTCULLIS_SIM_RECORD": str(self.folder / "record")}
        if mask:
            environment["CUDA_VISIBLE_DEVICES"] = "" if mask == "empty" else mask
        return subprocess.run(command, cwd=self.folder / folder, env=environment, capture_output=True, text=True, check=False)

    def test_each_fails_as_it_says_and_its_twin_works(self):
        self.assertEqual(set(self.expected), {*ERRORS, *map(folder_of, CASES)})
        for error, expected in self.expected.items():
            with self.subTest(error):
                script = (self.folder / error / "run.sh").read_text()
                host, arguments = re.search(r'--host (\S+) (?:--compute )?-- ./"\$1" ?(.*)', script).groups()
                self.save(error, script)
                fails = self.run_on(host, [*self.program(error, "fails"), *arguments.split()], error)
                self.assertEqual(fails.returncode, 1, fails.stderr)
                told = portcullis("repro", "-", input=fails.stderr)
                self.assertEqual(told.stdout.splitlines()[:1], [expected], fails.stderr)
                works = self.run_on(host, [*self.program(error, "works"), *arguments.split()], error)
                self.assertEqual(works.returncode, 0, works.stderr)
                self.assertRegex(works.stdout, "^(loaded|seen)")

    def save(self, error, script):
        """What the programs read, made as run.sh makes it."""
        saved = re.search(r"./saves save (\S+) module.pt", script)
        if saved:
            command = [self.folder / "all-cuda", ending_in(error, "fails"), "save", saved[1], "module.pt"]
            done = self.run_on("2xh200", command, error)
            self.assertEqual(done.returncode, 0, done.stderr)
        if "saves.py" in script:
            environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(TORCH).parent)}
            done = self.run_on("2xh200", [sys.executable, "saves.py"], error, **environment)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_build_script(self):
        folder = self.folder / BUILT_BY_ITS_SCRIPT
        done = subprocess.run(["./build.sh"], cwd=folder, text=True, capture_output=True,
                              env={**os.environ, "TORCH": TORCH, "CXX": os.environ["PORTCULLIS_CXX"]},
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.run_on("2xh200", ["./saves", "save", "cuda:0", "module.pt"],
                                     BUILT_BY_ITS_SCRIPT).returncode, 0)
        for which, expected in (("fails", 1), ("works", 0)):
            done = self.run_on("no-driver", [f"./{which}", "load", "module.pt"], BUILT_BY_ITS_SCRIPT)
            self.assertEqual(done.returncode, expected, done.stderr)

    def test_no_other_error_has_one(self):
        listed = re.findall(r"^([a-z][a-z-]*)  ", portcullis("list", "errors").stdout, re.MULTILINE)
        has = [error for error in listed if portcullis("repro", error, "--emit", "cpp").returncode == 0]
        self.assertEqual(sorted(has), sorted(ERRORS))


if __name__ == "__main__":
    unittest.main()
