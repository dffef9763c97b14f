# portcullis exec: any program on a simulated host, as if nothing stood between it and the caller.
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import unittest

from program import (AS_EXPECTED, CANNOT_RUN, PROGRAM, RUNTIMES, WRONG_USE, ProgramTest,
                     processes_of_session, run_on_terminal)

NOT_FOUND, NOT_EXECUTABLE = 127, 126

# What many tutorials do: train nothing, save, and load on whatever is there.
TUTORIAL = """
import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8)).to(device)
torch.save(model.state_dict(), "model.pt")
print("saved from", next(model.parameters()).device)

again = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
again.load_state_dict(torch.load("model.pt", map_location="cpu"))
again.to(device)
same = all(torch.equal(a.cpu(), b.cpu())
           for a, b in zip(model.state_dict().values(), again.state_dict().values()))
print("loaded", sum(p.numel() for p in again.parameters()), "parameters", same)
"""

COPY = """
#include <cuda_runtime.h>
#include <cstdio>
int main() {
  int count = 0;
  char there[] = "over and back", back[sizeof(there)] = "";
  void* memory = nullptr;
  if (cudaGetDeviceCount(&count) != cudaSuccess) return 9;
  if (cudaSetDevice(count - 1) != cudaSuccess) return 8;
  if (cudaMalloc(&memory, sizeof(there)) != cudaSuccess) return 7;
  cudaMemcpy(memory, there, sizeof(there), cudaMemcpyHostToDevice);
  cudaMemcpy(back, memory, sizeof(there), cudaMemcpyDeviceToHost);
  std::printf("%s %d\\n", back, count);
  return count;
}
"""


def python_runtime():
    """The default Python runtime: its interpreter, and the environment in which it finds torch."""
    for runtime in json.loads(RUNTIMES.read_text()):
        if runtime["family"] == "python" and runtime.get("default"):
            return runtime["loader"][0], runtime["environment"]
    raise unittest.SkipTest("no Python runtime is here")


class Exec(ProgramTest):
    def on(self, host, *command, options=(), **more):
        return self.run_program("exec", "--host", host, *options, "--", *command, **more)

    def python(self, host, text, options=(), **more):
        interpreter, environment = python_runtime()
        return self.on(host, interpreter, "-W", "ignore", "-c", textwrap.dedent(text),
                       options=options, **environment, **more)

    def tearDown(self):
        self.nothing_is_left()


class PassesThrough(Exec):
    def test_every_word_of_the_command(self):
        words = ["[a,b]", "", "--", "--help", "-j2", "{x}", '"q"', "%d", "a=b", "ü", "*"]
        show = "import sys, json; json.dump(sys.argv[1:], sys.stdout)"
        done = self.on("2xh200", sys.executable, "-c", show, *words)
        self.assertEqual(json.loads(done.stdout), words, done.stderr)

    def test_standard_streams_and_nothing_of_ours(self):
        process = subprocess.run(
            [PROGRAM, "exec", "--host", "2xh200", "--", "sh", "-c", "cat; echo error >&2; exit 5"],
            env=self.environment(), input=b"in\0put\n", capture_output=True)
        self.assertEqual((process.stdout, process.stderr, process.returncode),
                         (b"in\0put\n", b"error\n", 5))

    def test_the_environment_is_the_callers_own(self):
        show = "import os, json, sys; json.dump(dict(os.environ), sys.stdout)"
        mine = self.environment(MINE="a=b\nc", LD_LIBRARY_PATH="/x", EMPTY="")
        done = subprocess.run([PROGRAM, "exec", "--host", "2xh200", "--", sys.executable, "-c", show],
                              env=mine, capture_output=True, text=True)
        there = json.loads(done.stdout)
        ours = {"PORTCULLIS_SIM_HOST", "PORTCULLIS_SIM_RECORD", "LD_LIBRARY_PATH", "LC_CTYPE"}
        for name in (set(mine) | set(there)) - ours:
            self.assertEqual(there.get(name), mine.get(name), name)
        self.assertTrue(there["LD_LIBRARY_PATH"].endswith(":/x"), there["LD_LIBRARY_PATH"])

    def test_signal_masks_descriptors_and_the_folder(self):
        (self.folder / "here").touch()
        show = ["sh", "-c", "ls here; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/self/fd"]
        plain = subprocess.run(show, cwd=self.folder, env=self.environment(), capture_output=True,
                               text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(self.on("2xh200", *show).stdout, plain.stdout)

    def test_exit_codes(self):
        for code in (0, 1, 2, 3, 255):
            self.assertEqual(self.on("1xt4", "sh", "-c", f"exit {code}").returncode, code)

    def test_a_signal_is_said_plainly(self):
        done = self.on("1xt4", "sh", "-c", "kill -SEGV $$")
        self.assertEqual(done.returncode, 128 + signal.SIGSEGV)
        self.assertEqual(done.stderr, "portcullis: 'sh' was ended by signal 11 "
                                      "(SIGSEGV: Segmentation fault)\n")

    def test_no_such_program_and_no_program(self):
        done = self.on("1xt4", "no-such-program")
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertEqual(done.stderr,
                         "portcullis: cannot run 'no-such-program': No such file or directory\n")
        done = self.on("1xt4", self.folder)
        self.assertEqual(done.returncode, NOT_EXECUTABLE)
        self.assertIn("Permission denied", done.stderr)

    def test_it_is_on_the_terminal(self):
        code, printed = run_on_terminal(
            ["exec", "--host", "1xt4", "--", "sh", "-c", "test -t 0 && test -t 1 && stty size"],
            self.folder, self.environment(), columns=97)
        self.assertEqual((code, printed), (0, "50 97\n"))


class Signals(Exec):
    def running(self, text):
        process = self.start("exec", "--host", "1xt4", "--", sys.executable, "-uc", text)
        self.assertEqual(process.stdout.readline(), "up\n")
        return process

    def test_a_signal_to_us_reaches_the_command(self):
        text = ("import signal, sys\n"
                "for s in (1, 2, 3, 10, 12, 15): signal.signal(s, lambda n, f: sys.exit(40 + n))\n"
                "print('up')\nsignal.pause()")
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGTERM):
            process = self.running(text)
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, 40 + number)

    def test_ctrl_c_reaches_the_command_once(self):
        text = ("import os, signal, time\n"
                "n = []\nsignal.signal(2, lambda *a: n.append(1))\n"
                "print('up', flush=True)\n"
                "while not n: time.sleep(0.01)\n"
                "time.sleep(0.3)\nprint('interrupts:', len(n))")
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            ["setsid", "-cw", PROGRAM, "exec", "--host", "1xt4", "--", sys.executable, "-c", text],
            env=self.environment(), stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        printed = b""
        while b"up" not in printed:
            printed += os.read(ours, 100)
        os.write(ours, b"\x03")
        while not re.search(rb"interrupts:.*\n", printed):  # a line may come in pieces
            printed += os.read(ours, 100)
        self.assertEqual(process.wait(20), 0)
        os.close(ours)
        self.assertIn(b"interrupts: 1\r\n", printed)

    def test_a_command_does_not_outlive_us(self):
        process = self.running("print('up')\nimport time\ntime.sleep(100)")
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
        for _ in range(1200):
            if not processes_of_session(process.pid):
                break
            time.sleep(0.05)
        self.assertEqual(processes_of_session(process.pid), [])
        for left in self.temporary.iterdir():  # nobody was there to remove it
            shutil.rmtree(left)


class OnAHost(Exec):
    def test_a_tutorial_saves_and_loads(self):
        for host, device in (("2xh200", "cuda:0"), ("no-driver", "cpu"), ("2xh200@empty", "cpu")):
            done = self.python(host, TUTORIAL)
            self.assertEqual(done.stdout, f"saved from {device}\nloaded 2344 parameters True\n",
                             done.stderr)

    def test_errors_are_pytorchs_own(self):
        done = self.python("no-driver", "import torch; torch.ones(1).cuda()")
        self.assertIn("RuntimeError: Found no NVIDIA driver on your system", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_masks(self):
        count = "import torch; print(torch.cuda.device_count())"
        for options, host, own, expected in (((), "8xh100", None, 8),
                                             ((), "8xh100@0,1,2", None, 3),
                                             (("--mask", "5,6"), "8xh100", None, 2),
                                             (("--mask", "empty"), "8xh100", None, 0),
                                             ((), "8xh100", "3", 1),
                                             (("--mask", "unset"), "8xh100", "3", 8)):
            more = {} if own is None else {"CUDA_VISIBLE_DEVICES": own}
            done = self.python(host, count, options=options, **more)
            self.assertEqual(done.stdout, f"{expected}\n", (options, host, own, done.stderr))

    def test_a_host_of_my_own(self):
        (self.folder / "mine.yaml").write_text(
            "about: mine\ndriver: '13.0'\ngpus: [{profile: t4, memory: 3 GiB}]\n")
        done = self.python("./mine.yaml", "import torch; print(torch.cuda.mem_get_info()[1] >> 20)")
        self.assertEqual(done.stdout, "3072\n", done.stderr)

    def test_tests_run_under_a_test_runner(self):
        (self.folder / "test_gpu.py").write_text(
            "import torch, unittest\n"
            "class T(unittest.TestCase):\n"
            "    def test_two(self): self.assertEqual(torch.cuda.device_count(), 2)\n")
        interpreter, environment = python_runtime()
        done = self.on("2xh200", interpreter, "-m", "unittest", "-q", **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.on("1xt4", "sh", "-c", f"exec {interpreter} -m unittest -q", **environment)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_summary_on_request(self):
        text = "import torch; x = torch.zeros(1 << 20).to('cuda:1'); y = x.cpu()"
        done = self.python("2xh200", text, options=["--summary"], PYTHONWARNINGS="ignore")
        lines = done.stderr.splitlines()
        self.assertRegex(lines[-4], r"^simulated host 2xh200; stand-ins: CUDA \d+, built for PyTorch")
        self.assertRegex(lines[-3], r"^GPU  name +peak +host→GPU +GPU→host +GPU→GPU$")
        self.assertRegex(lines[-2], r"^  0  NVIDIA H200 +0 B +- +- +-$")
        self.assertRegex(lines[-1], r"^  1  NVIDIA H200 +\d+\.0 MiB  4\.0 MiB in 1  4\.0 MiB in 1 +-$")
        self.assertLessEqual(max(map(len, lines[-4:])), 80)


# A net in halves trains on one host and goes on behind another mask; the CPU says what comes out.
TRAINING = """
import os, sys, torch
from torch import nn

path, first, second, steps = sys.argv[1], *sys.argv[2:4], 3
torch.manual_seed(1)
lstm, head = nn.LSTM(4, 8, batch_first=True).to(first), nn.Linear(8, 3).to(second)
optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=0.01)
if os.path.exists(path):
    saved = torch.load(path, map_location="cpu")
    for part, state in zip((lstm, head, optimizer), saved):
        part.load_state_dict(state)
torch.manual_seed(2)
words = torch.randn(6, 5, 4)
for _ in range(steps):
    optimizer.zero_grad()
    loss = head(lstm(words.to(first))[0][:, -1].to(second)).square().mean()
    loss.backward()
    optimizer.step()
torch.save([part.state_dict() for part in (lstm, head, optimizer)], path)
print(f"{loss.item():.5f}")
"""


class Computing(Exec):
    def train(self, file, first, second, host="2xh200", *options):
        interpreter, environment = python_runtime()
        done = self.on(host, interpreter, "-W", "ignore", "-c", TRAINING, file, first, second,
                       options=options, **environment,
                       TORCHINDUCTOR_CACHE_DIR=str(self.folder / "inductor"))  # else beside what is ours
        self.assertEqual(done.returncode, AS_EXPECTED, done.stderr)
        return float(done.stdout)

    def test_trains_and_goes_on_behind_another_mask_as_on_the_cpu(self):
        cpu, gpu = (str(self.folder / name) for name in ("cpu.pt", "gpu.pt"))
        expected = [self.train(cpu, "cpu", "cpu") for _ in range(2)]
        found = [self.train(gpu, "cuda:0", "cuda:1", "2xh200", "--compute"),
                 self.train(gpu, "cuda:0", "cuda:0", "2xh200@1", "--compute")]
        for one, other in zip(expected, found):
            self.assertAlmostEqual(one, other, delta=2e-5)

    def test_meets_faults_at_operators(self):
        done = self.python("2xh200", """
            import torch
            x = torch.ones(2, 2, device="cuda:1")
            x @ x
            torch.cuda.synchronize(1)
            x @ x
            torch.cuda.synchronize(1)
        """, options=("--compute", "--fault", "illegal-address@aten::mm:2/cuda:1"))
        self.assertIn("line 7", done.stderr)
        self.assertIn("an illegal memory access was encountered", done.stderr)

    def test_needs_a_pytorch_that_it_knows(self):
        done = self.on("2xh200", "true", options=("--compute",))
        self.assertEqual(done.returncode, CANNOT_RUN)
        self.assertIn("--compute: found a command with no PyTorch that is known", done.stderr)


class CompiledPrograms(Exec):
    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(os.environ.get("CUDA_HOME", "/usr/local/cuda"))
        if not (self.home / "lib64/libcudart.so").exists() or not shutil.which("g++"):
            self.skipTest("no CUDA Toolkit to compile with")
        (self.folder / "copy.cpp").write_text(COPY)

    def compile(self, *options):
        subprocess.run(["g++", "copy.cpp", f"-I{self.home}/include", f"-L{self.home}/lib64", "-o",
                        "copy", *options], cwd=self.folder, check=True)

    def test_linked_with_the_shared_runtime(self):
        self.compile("-lcudart")
        done = self.on("2xh200", "./copy")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("over and back 2\n", "", 2))

    def test_one_that_names_the_real_runtimes_folder(self):
        self.compile("-lcudart", f"-Wl,-rpath,{self.home}/lib64", "-Wl,--disable-new-dtags")
        done = self.on("8xh100@1,2,3", "./copy")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("over and back 3\n", "", 3))

    def test_a_static_runtime_is_said_to_be_out_of_reach(self):
        if not (self.home / "lib64/libcudart_static.a").exists():
            self.skipTest("no static CUDA runtime")
        self.compile("-lcudart_static", "-ldl", "-lpthread", "-lrt")
        self.assertIn("nvcc -cudart shared", self.on("2xh200", "./copy").stderr)


class ForeignPyTorch(Exec):
    def test_stand_ins_are_made_for_it_once(self):
        interpreter, environment = python_runtime()
        if "PYTHONPATH" not in environment:
            self.skipTest("the runtime is not in a folder of its own")
        site = self.folder / "site"
        site.mkdir()
        for entry in pathlib.Path(environment["PYTHONPATH"]).iterdir():
            if entry.name != "torch":
                (site / entry.name).symlink_to(entry)
        (site / "torch").mkdir()  # another folder than the one that stand-ins were built for
        for entry in (pathlib.Path(environment["PYTHONPATH"]) / "torch").iterdir():
            (site / "torch" / entry.name).symlink_to(entry)
        data = self.data_folder(json.loads(RUNTIMES.read_text()))
        rows = json.loads(RUNTIMES.read_text())
        for row in rows:
            row["standins"] = str(RUNTIMES.parent / row["standins"])
        (self.folder / "data/runtimes.json").write_text(json.dumps(rows))
        (self.folder / "data/src").symlink_to(PROGRAM.parents[2] / "src")
        count = [interpreter, "-c", "import torch; print(torch.zeros(3).cuda().device)"]
        more = dict(environment, PYTHONPATH=str(site), PYTHONWARNINGS="ignore", **data)
        first = self.on("1xt4", *count, options=["--summary"], **more)
        self.assertEqual(first.stdout, "cuda:0\n", first.stderr)
        self.assertIn(f"in {site}/torch, once\n", first.stderr)
        self.assertRegex(first.stderr, r"stand-ins: CUDA \d+, made for PyTorch")
        again = self.on("1xt4", *count, **more)
        self.assertEqual(again.stdout, "cuda:0\n", again.stderr)
        self.assertNotIn("once", again.stderr)


class Refused(Exec):
    def test_without_host_or_command(self):
        self.expect(WRONG_USE, "exec", "--", "true")
        done = self.expect(WRONG_USE, "exec", "--host", "2xh200", "true")
        self.assertIn("expected one behind '--'", done.stderr)

    def test_an_unknown_host(self):
        done = self.expect(WRONG_USE, "exec", "--host", "2xh20", "--", "true")
        self.assertIn("unknown host '2xh20'; did you mean '2xh200'?", done.stderr)

    def test_a_cuda_that_is_not_here(self):
        data = self.data_folder([])
        done = self.run_program("exec", "--host", "1xt4", "--cuda", "12", "--", "true", **data)
        self.assertEqual(done.returncode, CANNOT_RUN)

    def test_a_record_is_kept_and_replaced_but_no_other_file(self):
        for _ in range(2):
            self.expect(AS_EXPECTED, "exec", "--host", "1xt4", "--record", "r", "--", "true")
            self.assertEqual((self.folder / "r").read_bytes()[:4], b"FLHT")
        (self.folder / "mine").write_text("mine")
        done = self.expect(WRONG_USE, "exec", "--host", "1xt4", "--record", "mine", "--", "true")
        self.assertIn("no flight record", done.stderr)
        self.assertEqual((self.folder / "mine").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
