"""README's everyday section: each command that it shows, run as it stands there on a published
checkpoint, prints what stands under it. A line "…" stands for any lines.

    readme_test.py --write      puts what is printed now into README, where no line is left out"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import from_pypi

SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
README = SOURCE / "README.md"
BLOCK = re.compile(r"```\n\$ (portcullis [^\n]+)\n(.*?)```\n", re.S)
LOG = "RuntimeError: Attempting to deserialize object on CUDA device 1 but torch.cuda.device_count() is 1.\n"


def everyday(text):
    return text.partition("\n## Everyday use\n")[2].partition("\n## ")[0]


def output_of(command, folder):
    """What it prints, on standard output and error, in the words of the README's reader."""
    torch = from_pypi.torch_folder("2.11.0")
    environment = os.environ | {"PATH": f"{from_pypi.BUILD / 'bin'}:{os.environ['PATH']}",
                                "PYTHONPATH": str(torch), "PYTHONWARNINGS": "ignore", "COLUMNS": "80"}
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, timeout=900,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    lines = [line.rstrip() for line in done.stdout.splitlines()
             if not re.match(r"\d+/\d+ cases", line)]  # progress
    text = "\n".join(lines).strip("\n")
    return re.sub(r"; \d+\.\d s$", "; … s", text, flags=re.M)


def fits(shown, printed):
    pattern = "\n".join(".*" if line == "…" else re.escape(line)
                        for line in shown.strip("\n").split("\n"))
    return re.fullmatch(pattern, printed, re.S) is not None


class ReadmeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-readme-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.prepare(cls.folder)

    @staticmethod
    def prepare(folder):
        weights = from_pypi.folder_with("lpips", "lpips==0.1.4", options=("--no-deps",))
        shutil.copy(weights / "lpips/weights/v0.1/alex.pth", folder)
        (folder / "log.txt").write_text(LOG)

    def test_every_command_prints_what_stands_under_it(self):
        blocks = BLOCK.findall(everyday(README.read_text()))
        self.assertGreaterEqual(len(blocks), 5)
        for command, shown in blocks:
            with self.subTest(command=command):
                printed = output_of(command, self.folder)
                self.assertTrue(fits(shown, printed), f"README shows\n{shown}\nbut it prints\n{printed}")


def write():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-readme-"))
    ReadmeTest.prepare(folder)
    text = README.read_text()
    section = everyday(text)

    def anew(found):
        if "…\n" in re.sub(r"; … s\n", "", found[2]):
            return found[0]
        return f"```\n$ {found[1]}\n{output_of(found[1], folder)}\n```\n"

    README.write_text(text.replace(section, BLOCK.sub(anew, section)))
    shutil.rmtree(folder)


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        unittest.main()
