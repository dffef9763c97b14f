# Owns: what tests of packaging need from PyPI, fetched once for the build; a test that cannot have it
# is skipped by name.
import fcntl
import functools
import os
import pathlib
import subprocess
import sys
import unittest

BUILD = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
FOLDER = BUILD / "packaging"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


@functools.cache
def _problem_of_pypi():
    """Why PyPI cannot be reached, "" if it can: pip looks one small package up."""
    done = subprocess.run([*PIP, "download", "--no-deps", "--no-binary", ":none:", "-d",
                           FOLDER / "reachable", "iniconfig"], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr[-500:]


def require_pypi():
    if problem := _problem_of_pypi():
        raise unittest.SkipTest(f"PyPI cannot be reached: {problem}")


def folder_with(name, *requirements, options=()):
    """A folder of the build with these requirements, for PYTHONPATH or a .pth file."""
    folder = FOLDER / name
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / f"{name}.lock", "w") as lock:  # several tests of one ctest -j
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / ".portcullis-installed"
        if stamp.is_file() and stamp.read_text() == " ".join(requirements):
            return folder
        require_pypi()
        done = subprocess.run([*PIP, "install", "--root-user-action=ignore", "--upgrade",
                               "--target", folder, *options, *requirements],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f"pip could not install {requirements}: {done.stderr[-500:]}")
        stamp.write_text(" ".join(requirements))
    return folder


def torch_folder(version):
    """The folder of that PyTorch: ci/setup's, or one fetched for the tests, without its CUDA
    libraries, of which none is needed."""
    of_setup = BUILD / "runtimes" / version
    if (of_setup / "torch").is_dir():
        return of_setup
    return folder_with(f"torch-{version}", f"torch=={version}", "typing-extensions",
                       options=("--no-deps",))


class Environment:
    """A fresh virtual environment."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python = self.folder / "bin/python"

    def install(self, *words):
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python",
                        self.python, "install", *words], check=True)

    def put_beside(self, *folders):
        """Packages that are installed elsewhere, as if they were here."""
        site, = self.folder.glob("lib/python*/site-packages")
        (site / "beside.pth").write_text("".join(f"{folder}\n" for folder in folders))
