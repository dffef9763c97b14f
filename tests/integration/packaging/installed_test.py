"""An install tree with nothing of the build in its environment: it finds the PyTorch of the Python
that it is told of, makes checkpoints and loads them on simulated hosts."""

import json
import pathlib
import shutil
import sys
import unittest
import venv

from installed import BUILD, GOLDEN, InstalledTest


class InstalledProgramTest(InstalledTest):
    def with_torch(self):
        """A Python whose PyTorch is the build's, as in a virtual environment."""
        return {"PORTCULLIS_PYTHON": sys.executable,
                "PYTHONPATH": str(BUILD / "runtimes/2.11.0")}

    def test_static_reading_needs_nothing(self):
        done = self.expect(1, "portcullis", "check", GOLDEN / "zip-cuda0.pt")
        self.assertIn("torch.load(path, map_location='cpu')", done.stdout)

    def test_it_loads_with_the_pytorch_of_the_python_it_is_told_of(self):
        self.expect(0, "portcullis", "run", "--json", "results.ndjson",
                    "--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/*map-location=cpu",
                    "--filter", "c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1",
                    **self.with_torch())
        lines = (self.folder / "results.ndjson").read_text().splitlines()
        cases = [json.loads(line) for line in lines[1:-1]]
        self.assertEqual({case["verdict"] for case in cases}, {"as expected"})
        self.assertEqual({case["runtime"] for case in cases}, {"python-2.11.0"})

    def test_exec_needs_no_pytorch_of_its_own(self):
        script = "import torch; print(torch.cuda.device_count())"
        done = self.expect(0, "portcullis", "exec", "--host", "8xh100", "--", sys.executable, "-c",
                           script, PYTHONPATH=str(BUILD / "runtimes/2.11.0"))
        self.assertEqual(done.stdout, "8\n")

    def test_without_a_pytorch_it_says_what_is_missing(self):
        venv.create(self.folder / "bare", with_pip=False)  # /usr/bin/python3 may have Debian's PyTorch
        done = self.expect(3, "portcullis", "run", "--checkpoint", GOLDEN / "zip-cuda0.pt",
                           PORTCULLIS_PYTHON=str(self.folder / "bare/bin/python3"))
        self.assertIn("Python", done.stderr)

    def test_nothing_points_into_the_build(self):
        moved = self.folder / "moved"
        shutil.copytree(self.prefix, moved, symlinks=True)
        done = self.expect(0, moved / "bin/portcullis", "list", "hosts")
        self.assertIn("2xh200", done.stdout)
        program = (moved / "bin/portcullis").read_bytes()
        self.assertNotIn(b"RUNPATH" + bytes(str(BUILD), "utf-8"), program)
        for file in pathlib.Path(moved).rglob("*.json"):
            self.assertNotIn(str(BUILD), file.read_text())


if __name__ == "__main__":
    unittest.main()
