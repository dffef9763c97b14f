# Owns: how the tests of the command line start the real program and look at what it leaves behind.
import json
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
import fcntl
import unittest

PROGRAM = pathlib.Path(os.environ["PORTCULLIS"])
SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
RUNTIMES = pathlib.Path(os.environ["PORTCULLIS_RUNTIMES_JSON"])

AS_EXPECTED, FINDING, WRONG_USE, CANNOT_RUN = range(4)

# Three cases of one checkpoint: onto a GPU, onto the CPU, and one that fails.
FEW = ["--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/as-saved",
       "--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/map-location=cpu",
       "--filter", "c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1"]
FEW_IDS = [text for text in FEW if text != "--filter"]


class ProgramTest(unittest.TestCase):
    """A test with its own folder; TMPDIR of the program is inside it, to see what is left there."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-cli-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def environment(self, **more):
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("NO_COLOR", "PORTCULLIS_DATA")}
        environment["TMPDIR"] = str(self.temporary)
        environment["PATH"] = f"{PROGRAM.parent}:{environment['PATH']}"
        environment.update(more)
        return environment

    def start(self, *arguments, **more):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder,
                                env=self.environment(**more), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)

    def run_program(self, *arguments, **more):
        process = self.start(*arguments, **more)
        out, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def expect(self, code, *arguments, **more):
        """Runs the program, holds its exit code against `code`, gives back what it printed."""
        done = self.run_program(*arguments, **more)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done

    def results(self, name="results.ndjson"):
        """The lines of a results file: header, cases, footer."""
        lines = (self.folder / name).read_text(encoding="utf-8").splitlines()
        values = [json.loads(line) for line in lines]
        return values[0], values[1:-1], values[-1]

    def copy_of_claims(self, name, old, new):
        """The scenarios of the claims in a folder of our own, one text in one file replaced."""
        claims = self.folder / "claims"
        shutil.copytree(SOURCE / "scenarios/claims", claims)
        text = (claims / name).read_text()
        self.assertEqual(text.count(old), 1, f"{name} holds {old!r} once")
        (claims / name).write_text(text.replace(old, new))
        return claims

    def runtimes_with(self, family, wrapper):
        """The runtimes that are here; loaders of this family are started by a program of ours, which
        gets their words."""
        rows = json.loads(RUNTIMES.read_text())
        for row in rows:
            for command in ("loader", "maker"):
                if row[command]:
                    row[command][0] = str(RUNTIMES.parent / row[command][0])
            row["standins"] = str(RUNTIMES.parent / row["standins"])
            if row["family"] == family:
                row["loader"] = [str(wrapper), *row["loader"]]
        return rows

    def data_folder(self, runtimes):
        """A data folder for PORTCULLIS_DATA with the real hosts and scenarios and these runtimes
        (a list, or nothing for no runtimes.json at all)."""
        data = self.folder / "data"
        data.mkdir()
        for name in ("fixtures", "scenarios"):
            (data / name).symlink_to(SOURCE / name)
        if runtimes is not None:
            (data / "runtimes.json").write_text(json.dumps(runtimes))
        return {"PORTCULLIS_DATA": str(data), "XDG_CACHE_HOME": str(self.folder / "cache")}

    def nothing_is_left(self):
        self.assertEqual(list(self.temporary.iterdir()), [])


def processes_of_session(session):
    """Command lines of the processes of a session, except its leader."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == session and int(folder.name) != session and fields[0] != "Z":
            found.append(command)
    return found


def run_on_terminal(arguments, folder, environment, columns=80, seconds=600):
    """Runs the program on a pseudo terminal: its exit code and all that it printed there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen([PROGRAM, *arguments], cwd=folder, env=environment, stdin=theirs,
                               stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    printed = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end and select.select([ours], [], [], end - time.monotonic())[0]:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        printed += chunk
    os.close(ours)
    return process.wait(60), printed.decode("utf-8").replace("\r\n", "\n")


ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def lines_as_seen(text):
    """The lines of a terminal's text without escape codes, rewritten lines one by one."""
    return [line for line in re.split(r"[\n\r]", ESCAPES.sub("", text))]
