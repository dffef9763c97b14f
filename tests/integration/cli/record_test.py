# The flight record, whatever became of the program and of the disk that it is on. The programs call
# the simulated runtime themselves, without PyTorch.
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

from program import AS_EXPECTED, CANNOT_RUN, PROGRAM, ProgramTest

CALLS = 3000  # more than are kept at the beginning
PROLOGUE = f"""
import ctypes, os
cuda = ctypes.CDLL("libcudart.so.13")
memory = ctypes.c_void_p()
def calls():
    for size in range(1, {CALLS} + 1):
        assert cuda.cudaMalloc(ctypes.byref(memory), size) == 0
"""
FILL = """
try:
    with open("filler", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
except OSError as error:
    print(error.strerror)
"""
RECORD_AND_LITTLE_MORE = "768k"


def sizes(lines):
    """What each cudaMalloc in the lines of trace --json asked for."""
    calls = [json.loads(line) for line in lines.splitlines()]
    return [call["bytes"] for call in calls if call["call"] == "cudaMalloc"]


ALL = list(range(1, CALLS + 1))


class Record(ProgramTest):
    def run_on_host(self, text, *options):
        return self.run_program("exec", "--host", "1xt4", "--cuda", "13", "--record", "r", *options, "--",
                                sys.executable, "-c", PROLOGUE + text)

    def test_is_whole_however_the_program_ends(self):
        for end, status in (("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", 128 + signal.SIGKILL),
                            ("os.abort()", 128 + signal.SIGABRT),
                            ("ctypes.string_at(memory.value, 1)", 128 + signal.SIGSEGV)):
            with self.subTest(end=end):
                done = self.run_on_host("calls()\n" + end)
                self.assertEqual(done.returncode, status, done.stderr)
                trace = self.expect(AS_EXPECTED, "trace", "--json", "r").stdout
                self.assertEqual(sizes(trace), ALL)

    def test_says_which_faults_were_armed_and_never_fired(self):
        done = self.run_on_host("calls()", "--summary", "--fault", "oom@malloc:9999",
                                "--fault", "delay=1us@malloc:2")
        self.assertIn(f"fault oom@malloc:9999: armed and never fired; {CALLS} calls came to its place",
                      done.stderr)
        self.assertIn(f"fault delay=1us@malloc:2: fired 1 times in {CALLS} calls", done.stderr)


class OnAFullDisk(ProgramTest):
    """On a file system of our own with room for the record and little more."""

    def setUp(self):
        super().setUp()
        (self.folder / "disk").mkdir()
        if self.on_disk("true").returncode != 0:
            self.skipTest("no file system can be mounted here (unshare --mount)")

    def on_disk(self, script, *words):
        """sh -c SCRIPT, in the folder of the file system."""
        if not shutil.which("unshare"):
            self.skipTest("no unshare here")
        whole = f'mount -t tmpfs -o size={RECORD_AND_LITTLE_MORE} none "$0" && cd "$0" || exit 99\n{script}'
        return subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", whole,
                               self.folder / "disk", *words], env=self.environment(), text=True,
                              capture_output=True)

    def test_every_call_is_written_down(self):
        host = f'{PROGRAM} exec --host 1xt4 --cuda 13 --record r -- "$@" && {PROGRAM} trace --json r'
        done = self.on_disk(host, sys.executable, "-c", PROLOGUE + FILL + "calls()")
        self.assertEqual(done.returncode, AS_EXPECTED, done.stderr)
        said, lines = done.stdout.split("\n", 1)
        self.assertEqual(said, os.strerror(28), "the disk was full before the first call")
        self.assertEqual(sizes(lines), ALL)

    def test_a_record_that_has_no_room_is_told_before_the_program_starts(self):
        done = self.on_disk(f'head -c 9999999 /dev/zero > filler\n'
                            f'{PROGRAM} exec --host 1xt4 --cuda 13 --record r -- touch "$1"',
                            self.folder / "started")
        self.assertEqual(done.returncode, CANNOT_RUN, done.stderr)
        self.assertIn("cannot create the flight record", done.stderr)
        self.assertIn(os.strerror(28), done.stderr)
        self.assertFalse(pathlib.Path(self.folder / "started").exists())


if __name__ == "__main__":
    unittest.main()
