# Owns: one install tree of the build for all tests of what is installed, made once a test run.
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
GOLDEN = SOURCE / "fixtures/golden/checkpoints"


def install():
    """Installs the build into a new folder and gives it back."""
    prefix = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-install-"))
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                   capture_output=True)
    return prefix


class InstalledTest(unittest.TestCase):
    """A test with a folder of its own and an install tree that its class shares."""

    @classmethod
    def setUpClass(cls):
        cls.prefix = install()
        cls.addClassCleanup(shutil.rmtree, cls.prefix, ignore_errors=True)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-packaging-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def environment(self, **more):
        """The caller's without anything that says where the build is."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("PORTCULLIS")}
        environment["PATH"] = f"{self.prefix / 'bin'}:{environment['PATH']}"
        environment["XDG_CACHE_HOME"] = str(self.folder / "cache")
        return environment | more

    def run_in(self, *command, cwd=None, **more):
        return subprocess.run([str(word) for word in command], cwd=cwd or self.folder, text=True,
                              capture_output=True, env=self.environment(**more))

    def expect(self, code, *command, **more):
        done = self.run_in(*command, **more)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done
