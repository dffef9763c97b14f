"""What the scripts in ci/ say of a wrong command line, before they do anything. (That they work is
shown by gate_test.py and by every run of them.)"""

import json
import os
import pathlib
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
VERSIONS = [row["version"] for row in json.loads((SOURCE / "ci/runtimes.json").read_text())]
WRONG_USE = 2


class Scripts(unittest.TestCase):
    def run_script(self, name, *arguments):
        return subprocess.run([SOURCE / "ci" / name, *arguments], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL)

    def wrong(self, text, name, *arguments):
        done = self.run_script(name, *arguments)
        self.assertEqual((done.returncode, done.stdout), (WRONG_USE, ""), done.stderr)
        self.assertIn(text, done.stderr)

    def test_an_unknown_runtime(self):
        text = f"unknown runtime '2.6', expected all or one of: {' '.join(VERSIONS)}"
        for script in ("setup", "test"):
            self.wrong(text, script, "--runtime", "2.6")
            self.wrong(text, script, "--runtime=2.11.0", "--runtime=2.6")
            self.wrong("--runtime needs a version", script, "--runtime")

    def test_an_unknown_argument(self):
        self.wrong("unknown argument '--runtimes'", "setup", "--runtimes")
        self.wrong("found 'msan', expected asan or tsan", "sanitize", "msan")
        self.wrong("found 'suite_test', expected one of: simcuda_test", "sanitize", "tsan", "suite_test")

    def test_help(self):
        for script in ("setup", "test", "sanitize"):
            done = self.run_script(script, "--help")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"ci/{script} [", done.stdout)


if __name__ == "__main__":
    unittest.main()
