"""Owns: the test that the programs of cases fail as their cases did, and that their twins work. Cases of
every way of loading in Python that can fail, and of every use: run once, written out, and run on the
hosts that their scripts name. (Those of C++: emitted_cpp_test.py.)"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

PROGRAM = os.environ["PORTCULLIS"]
KEPT = pathlib.Path(os.environ["PORTCULLIS_SOURCE"]) / "fixtures/golden/results/2.11.0.ndjson"
# A way of loading within a limit on memory, and a use of exported programs: no code is known for them.
NO_CODE_FOR_WAYS, NO_CODE_FOR_USES = {"cpu-ranks"}, {"move-program-and-call"}
CASES = [
    "matrix/state-dict-cuda0/no-driver/python/as-saved",
    "matrix/legacy-cuda0/no-driver/python/as-saved-then-to=cpu",
    "matrix/script-cuda0/no-driver/python/map-location=cuda:0",
    "matrix/state-dict-cuda1/no-driver/python/remap=cuda:1>cuda:0",
    "matrix/legacy-cuda0/no-driver/python/mmap=cpu",
    "matrix/script-cuda0/no-driver/python/parts=cuda:0,cuda:1",
    "matrix/state-dict-cuda0/no-driver/python/cpu-then-to=cuda:0",
    "c3-gpu-gone/state-dict-cuda0/no-driver/python/callable=none",
    "c7-saved-from-cpu/traced-cuda0-saved-cpu/no-driver/python/forward",
    "malformed-map/legacy-cuda0/no-driver/python/bad-map=cuda1",
    "map-that-does-not-reach/plain-pickle-cuda0/no-driver/python/torch-load=cpu",
    "torch-load-of-torchscript/script-cuda0/no-driver/python/torch-load=cpu",
    "one-of-several-mapped/sharded-cuda0-cuda1/no-driver/python/map-first=cpu",
    "package/package-cuda0-cuda1/no-driver/python/as-saved",
    "other-backends/state-dict-npu0/no-driver/python/as-saved",
    "saving/state-dict-cuda0/no-driver/python/save=full",
    "saving/state-dict-cuda0/no-driver/python/save=limit:65536",
    "device-stored-as-data/training-cuda0/no-driver/python/map-location=cpu+stored-device",
    "c4-another-gpu/state-dict-cuda0-cuda1/2xh200@1/python/remap=cuda:0>cpu",
    "every-rank-on-gpu-0/state-dict-cuda0/8xh100/python/ranks=8/fault=only=8MiB@malloc",
    "gpu-errors/state-dict-cuda0/2xh200/python/map-location=cuda:1/fault=ecc@h2d:2",
    "adam-steps-moved/training-cuda0/2xh200/python/map-location=cuda:0+train=cuda:1",
    "data-parallel-elsewhere/training-cuda0/2xh200/python/map-location=cpu+data-parallel=cpu",
    "device-in-code/recurrent-on-gpu/2xh200/python/map-location=cpu+call=cpu",
    "fused-adam-on-cpu/training-cuda0/2xh200/python/as-saved+train-assigned=cuda:0",
    "optimizer-left-behind/training-cuda0/2xh200/python/map-location=cpu+train-moved=cuda:0",
    "frozen-constants/frozen-cpu/1xh200/python/map-location=cpu+move-and-call=cuda:0",
    "rng-state-moved/training-cuda0/1xh200/python/map-location=cuda:0+resume=cuda:0",
    "rng-states-of-more-gpus/training-cuda0-cuda1/1xh200/python/map-location=cpu+resume=cuda:0",
]

# Imports PyTorch once and runs each program in a fork of its own: FOLDER → FOLDER/stderr, FOLDER/code.
DRIVER = """
import os, runpy, sys, traceback
import torch
torch.set_num_threads(1)
for program in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        folder, which = os.path.split(program)
        os.chdir(folder)
        sys.argv = [which]
        out = os.open(which + ".err", os.O_WRONLY | os.O_CREAT)
        os.dup2(out, 2)
        code = 0
        try:
            runpy.run_path(which, run_name="__main__")
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(program, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def portcullis(*arguments, **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, **more)


def raised_in_python():
    cases = map(json.loads, KEPT.read_text().splitlines())
    return [case for case in cases if case["kind"] == "case" and case["observation"]["outcome"] == "raised"
            and case["runtime"].startswith("python")]


def way_of(strategy):
    return re.match(r"[^=+]+", strategy)[0]


def use_of(strategy):
    return strategy.partition("+")[2].partition("=")[0]


class EmittedCases(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.results = cls.folder / "results.ndjson"
        done = portcullis("run", "--json", cls.results, *(word for case in CASES for word in ("--filter", case)))
        assert done.returncode == 0, done.stdout + done.stderr
        cls.errors = cls.error_of_each()
        (cls.folder / "driver.py").write_text(DRIVER)
        cls.codes = {}
        with ThreadPoolExecutor(2) as pool:
            for codes in pool.map(cls.run_on, *zip(*cls.emit().items())):
                cls.codes.update(codes)

    @classmethod
    def error_of_each(cls):
        lines = map(json.loads, cls.results.read_text().splitlines())
        texts = {line["id"]: line["observation"]["error"]["whole"] for line in lines if line["kind"] == "case"}
        return {case: portcullis("repro", "-", input=text).stdout.splitlines()[0] for case, text in texts.items()}

    @classmethod
    def folder_of(cls, case):
        return cls.folder / re.sub(r"[^A-Za-z0-9]+", "-", case)

    @classmethod
    def emit(cls):
        """Host as the script says it → programs."""
        programs = {}
        for case in CASES:
            folder = cls.folder_of(case)
            done = portcullis("repro", "--case", case, "--from", cls.results, "--emit", "sh", "-o", folder)
            assert done.returncode == 0, done.stderr
            host = re.search(r"exec (portcullis exec .*) -- python3", (folder / "run.sh").read_text())[1]
            programs.setdefault(host, []).extend([folder / "fails.py", folder / "works.py"])
        return programs

    @classmethod
    def run_on(cls, host, programs):
        command = [PROGRAM, *shlex.split(host)[1:], "--", sys.executable, cls.folder / "driver.py", *programs]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        codes = dict(re.findall(r"^(\S+\.py) (-?\d+)$", done.stdout, re.MULTILINE))
        assert len(codes) == len(programs), done.stdout + done.stderr
        return codes

    def test_each_fails_as_its_case_did_and_its_twin_works(self):
        self.assertEqual(set(self.errors), set(CASES))
        for case in CASES:
            with self.subTest(case):
                folder = self.folder_of(case)
                said = (folder / "fails.py.err").read_text()
                self.assertEqual(self.codes[str(folder / "fails.py")], "1", said)
                self.assertEqual(portcullis("repro", "-", input=said).stdout.splitlines()[:1],
                                 [self.errors[case]], said)
                self.assertEqual(self.codes[str(folder / "works.py")], "0",
                                 (folder / "works.py.err").read_text())

    def test_they_are_of_the_case(self):
        case = "c4-another-gpu/state-dict-cuda0-cuda1/2xh200@1/python/remap=cuda:0>cpu"
        script = (self.folder_of(case) / "fails.py").read_text()
        self.assertIn(f"# {case}: raises deserialize-no-such-gpu in the load.", script)
        self.assertIn('tag(weights.values(), ["cuda:0", "cuda:1"])', script)
        self.assertIn('map_location={"cuda:0": "cpu"}', script)
        self.assertIn("portcullis exec --host 2xh200@1 -- python3 fails.py", script)

    def test_every_way_of_loading_that_fails_is_among_them(self):
        raised = raised_in_python()
        ways = {way_of(case["strategy"]) for case in raised}
        uses = {use_of(case["strategy"]) for case in raised} - {""}
        ours = [case.split("/")[4] for case in CASES]
        self.assertEqual(ways - {way_of(strategy) for strategy in ours}, set(NO_CODE_FOR_WAYS))
        self.assertEqual(uses - {use_of(strategy) for strategy in ours}, set(NO_CODE_FOR_USES))

    def test_those_without_a_program_say_so(self):
        strategies = {case["strategy"]: case["id"] for case in raised_in_python()}
        without = {way_of(strategy) if way_of(strategy) in NO_CODE_FOR_WAYS else use_of(strategy): case
                   for strategy, case in strategies.items()
                   if way_of(strategy) in NO_CODE_FOR_WAYS or use_of(strategy) in NO_CODE_FOR_USES}
        for name, case in without.items():
            with self.subTest(name):
                done = portcullis("repro", "--case", case, "--emit", "py")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("has no program of its own: no code for", done.stderr)
                self.assertIn("--emit py", done.stderr)  # whose programs show its error
        self.assertEqual(set(without), NO_CODE_FOR_WAYS | NO_CODE_FOR_USES)


if __name__ == "__main__":
    unittest.main()
