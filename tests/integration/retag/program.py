# Owns: how the tests of portcullis retag start it, and where they work.
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(os.environ["PORTCULLIS"])
GOLDEN = pathlib.Path(os.environ["PORTCULLIS_SOURCE"]) / "fixtures/golden/checkpoints"

# In memory, where there is such a place: the tests write hundreds of files and wait for each.
PARENT = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

AS_EXPECTED, FINDING, WRONG_USE, CANNOT_RUN = range(4)


class RetagTest(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-retag-test-", dir=PARENT))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def golden(self, name, to=None):
        """A copy of a golden checkpoint, with all that is beside it."""
        target = self.folder / (to or name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent == self.folder:
            shutil.copy(GOLDEN / name, target)
        else:
            shutil.copytree((GOLDEN / name).parent, target.parent, dirs_exist_ok=True)
        return target

    def retag(self, *arguments, code=AS_EXPECTED, **more):
        """Runs `portcullis retag`; its exit code must be `code`. Gives back what it printed."""
        environment = {**os.environ, "LD_PRELOAD": "", "LD_LIBRARY_PATH": ""}
        done = subprocess.run([PROGRAM, "retag", *map(str, arguments)], cwd=self.folder, text=True,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, **more)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr
