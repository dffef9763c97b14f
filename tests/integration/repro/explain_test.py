"""Owns: the tests of `portcullis explain`: what it says of golden checkpoints, and its exit codes."""

import os
import pathlib
import subprocess
import unittest

PROGRAM = os.environ["PORTCULLIS"]
GOLDEN = pathlib.Path(__file__).resolve().parents[3] / "fixtures/golden/checkpoints"


def explain(*arguments):
    """Exit code, what it said on one line, and the lines."""
    done = subprocess.run([PROGRAM, "explain", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stdout.split()), done.stdout.splitlines()


class Explain(unittest.TestCase):
    def test_a_checkpoint_saved_from_a_gpu(self):
        code, said, lines = explain(GOLDEN / "zip-cuda0.pt")
        self.assertEqual(code, 1)
        self.assertIn("zip-cuda0.pt is a zip checkpoint, as torch.save writes them since PyTorch 1.6.", said)
        self.assertIn("all saved from cuda:0.", said)
        self.assertIn("On no-driver a plain load fails in the load (deserialize-no-cuda)", said)
        self.assertIn("With a map to the CPU it works.", said)
        self.assertIn("On 1xh200 a plain load works.", said)
        self.assertIn("Next: torch.load(path, map_location='cpu').", said)
        self.assertIn("portcullis repro deserialize-no-cuda", said)
        self.assertTrue(all(len(line) <= 80 for line in lines))

    def test_one_saved_from_the_cpu(self):
        code, said, _ = explain(GOLDEN / "legacy-cpu.pt")
        self.assertEqual(code, 0)
        self.assertIn("all saved from cpu.", said)
        self.assertIn("Next: nothing; load it.", said)

    def test_devices_in_code_are_told(self):
        _, said, _ = explain(GOLDEN / "torchscript-traced.pt")
        self.assertRegex(said, r"A code literal names cuda:\d \(.*\): no map_location reaches it\.")
        self.assertNotIn("names devices that no map_location", said)

    def test_hosts_are_those_asked_for(self):
        code, said, _ = explain(GOLDEN / "zip-cuda0.pt", "--host", "2xh200")
        self.assertEqual(code, 0)
        self.assertIn("On 2xh200 a plain load works.", said)
        self.assertNotIn("no-driver", said)

    def test_every_golden_checkpoint_is_explained(self):
        for file in sorted(GOLDEN.glob("*.pt")):
            code, said, _ = explain(file)
            self.assertIn(code, (0, 1), file)
            self.assertIn("Next: ", said)

    def test_what_is_none(self):
        code, said, _ = explain(__file__)
        self.assertEqual(code, 2)
        self.assertIn("This cannot be read", said)


if __name__ == "__main__":
    unittest.main()
