"""Owns: the test that the simulation agrees with every recording of real GPUs that is committed, in
fixtures/golden/hardware: a difference that the recording's explained.yaml does not explain fails. With
no recording there it is skipped by name; calibrate_test.py shows that a difference is found."""

import os
import pathlib
import subprocess
import sys
import unittest

PROGRAM = os.environ["PORTCULLIS"]
RECORDINGS = sorted(path.parent for path in
                    (pathlib.Path(os.environ["PORTCULLIS_SOURCE"]) / "fixtures/golden/hardware").glob("*/recording.json"))

if not RECORDINGS:
    print("skipped: no recording of real GPUs in fixtures/golden/hardware")
    sys.exit(77)


class Golden(unittest.TestCase):
    def test_the_simulation_agrees_with_each_recording(self):
        for recording in RECORDINGS:
            with self.subTest(recording.name):
                done = subprocess.run([PROGRAM, "agree", recording], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
