"""Benchmarks of whole processes, as a person would time them: goal, measured, and against what, in
one run. Started by ci/bench.

    whole_process.py PORTCULLIS MEASURE [--torch "COMMAND OF A PYTHON THAT IMPORTS TORCH"]

Times are those of the fastest of several runs with a warm cache; memory is the peak of the process.
To add a row: one function in BENCHMARKS.
"""

import argparse
import collections
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import samples

MIB = 1024
TAGS = "import pickletools, sys, zipfile; a = zipfile.ZipFile(sys.argv[1]); " \
       "print(sum(o.name == 'BINPERSID' for o, _, _ in pickletools.genops(a.read('model/data.pkl'))))"
FICKLING = "import sys, zipfile; from fickling.analysis import check_safety; " \
           "from fickling.fickle import Pickled; " \
           "check_safety(Pickled.load(zipfile.ZipFile(sys.argv[1]).read('model/data.pkl')))"
LOAD = "import sys, torch; torch.load(sys.argv[1], map_location='cpu')"
SAVE_AGAIN = "import os, sys, torch; " \
             "torch.save(torch.load(sys.argv[1], map_location='cpu'), sys.argv[1] + '.new'); " \
             "os.unlink(sys.argv[1] + '.new')"

Row = collections.namedtuple("Row", "what goal measured against")


class Bench:
    def __init__(self, arguments, folder):
        self._measure = arguments.measure
        self._torch = shlex.split(arguments.torch)
        self.program = arguments.program
        self.folder = folder

    def run(self, times, *command):
        done = subprocess.run([self._measure, str(times), *map(str, command)], check=True,
                              stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def check(self, *arguments, times=30):
        measured = self.run(times, self.program, "check", "--no-policy", "-q", *arguments)
        assert measured["exit"] in (0, 1), measured
        return measured

    def row(self, what, goal, measured, others):
        """`others`: seconds of other ways, by name; those that could not be run are None."""
        against = ", ".join(f"{name} {seconds * 1e3:,.0f} ms ({seconds / measured['wall']:,.0f} ×)"
                            if seconds else f"{name} not run here"
                            for name, seconds in others.items())
        figures = (f"{measured['wall'] * 1e3:,.1f} ms ({measured['processor'] * 1e3:,.1f} of processor), "
                   f"{measured['peak_kib'] / MIB:.1f} MiB")
        return Row(what, goal, figures, against)

    def python_tags(self, path):
        return self.run(5, sys.executable, "-c", TAGS, path)["wall"]

    def fickling(self, path):
        """Its whole analysis of the pickle; None where PyPI cannot be reached."""
        folder = self.folder / "fickling"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check",
               "--root-user-action=ignore", "--target", folder, "fickling==0.1.12"]
        if not folder.is_dir() and subprocess.run(pip, check=False).returncode != 0:
            return None
        return self.run(1, "env", f"PYTHONPATH={folder}", sys.executable, "-c", FICKLING, path)["wall"]

    def torch_run(self, program, path):
        return self.run(1, *self._torch, "-c", program, path)["wall"] if self._torch else None

    def retag(self, path, times=15):
        """The fastest of several times --in-place, each from the checkpoint as it was."""
        fastest = None
        for _ in range(times):
            done = self.run(1, self.program, "retag", path, "--to", "cpu", "--in-place")
            assert done["exit"] == 0, done
            assert self.run(1, self.program, "retag", path, "--undo")["exit"] == 0
            if fastest is None or done["wall"] < fastest["wall"]:
                fastest = done
        return fastest


def four_gibibytes(bench):
    path = bench.folder / "four-gib.pt"
    samples.write(path, 8, (512 << 20) // 4)
    measured = bench.check(path)
    yield bench.row("check, 4 GiB, 8 tensors", "3 ms, 10 MiB", measured,
                    {"zipfile + pickletools": bench.python_tags(path),
                     "torch.load": bench.torch_run(LOAD, path)})


def many_tensors(bench):
    before = None
    for count, goal in ((10_000, "10 ms, 20 MiB"), (20_000, "twice that: linear")):
        path = bench.folder / f"{count}.pt"
        samples.write(path, count, 16)
        measured = bench.check(path, times=10)
        others = {"zipfile + pickletools": bench.python_tags(path)}
        if before is None:
            others["fickling 0.1.12"] = bench.fickling(path)
        yield bench.row(f"check, {count:,} tensors", goal, measured, others)
        if before:
            print(f"twice the tensors take {measured['wall'] / before:.1f} times as long",
                  file=sys.stderr)
        before = measured["wall"]


def many_checkpoints(bench):
    folder = bench.folder / "many"
    folder.mkdir()
    for number in range(10_000):
        samples.write(folder / f"{number:05}.pt", 4, 16)
    measured = bench.check(folder, times=3)
    yield bench.row("check, 10,000 checkpoints", f"2 s on 2 cores ({os.cpu_count()} here)", measured,
                    {})


def retag_in_place(bench):
    """In memory, where a flush costs nothing, and in the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-", dir="/dev/shm") as memory:
        path = pathlib.Path(memory) / "four-gib.pt"
        samples.write(path, 8, (512 << 20) // 4)
        measured = bench.retag(path)
    path = bench.folder / "to-retag.pt"
    samples.write(path, 8, (512 << 20) // 4)
    flushed = bench.retag(path)["wall"]
    yield bench.row("retag --in-place, 4 GiB", "5 ms plus one fsync", measured,
                    {"the same on a disk, with its flushes": flushed,
                     "load and save with PyTorch": bench.torch_run(SAVE_AGAIN, path)})


BENCHMARKS = [four_gibibytes, many_tensors, many_checkpoints, retag_in_place]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("measure")
    parser.add_argument("--torch", default="")
    parser.add_argument("--only", default="", help="benchmarks whose name holds this text")
    arguments = parser.parse_args()
    print("| whole process, warm cache | at most | measured | against |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        for benchmark in BENCHMARKS:
            if arguments.only not in benchmark.__name__:
                continue
            for row in benchmark(bench):
                print(f"| {row.what} | {row.goal} | {row.measured} | {row.against} |", flush=True)


if __name__ == "__main__":
    main()
