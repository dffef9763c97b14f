"""Owns: the tests of `portcullis repro --case`: a case run now, or as the results of a run tell it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["PORTCULLIS"]
FAILS = "matrix/state-dict-cuda0/no-driver/python/as-saved"
DAMAGED = "damaged-files/script-cuda0/no-driver/python/map-location=cpu/damage=cut-end-record"
LOADS = "matrix/state-dict-cuda0/no-driver/python/map-location=cpu"


def portcullis(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.results = cls.folder / "results.ndjson"
        done = portcullis("run", "--filter", FAILS, "--filter", LOADS, "--filter", DAMAGED, "--json", cls.results)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_a_case_is_run_and_its_error_told_and_a_run_tells_the_same(self):
        done = portcullis("repro", "--case", FAILS)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], FAILS)
        self.assertIn("on no-driver, simulated: raised in the load", " ".join(done.stdout.split()))
        self.assertIn(f"  portcullis run --filter '{FAILS}'", lines)
        self.assertIn(f"    --case '{FAILS}'", lines)
        self.assertIn("deserialize-no-cuda", lines)
        self.assertIn("What to do, best first", lines)
        self.assertTrue(all(len(line) <= 80 for line in lines), done.stdout)
        self.assertEqual(portcullis("repro", "--case", FAILS, "--from", self.results).stdout, done.stdout)

    def test_what_the_file_says_counts(self):
        lines = self.results.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if FAILS in line and '"kind":"case"' in line)
        case = json.loads(lines[at])
        case["observation"]["error"]["whole"] = "No CUDA GPUs are available"
        lines[at] = json.dumps(case)
        changed = self.folder / "changed.ndjson"
        changed.write_text("\n".join(lines) + "\n")
        done = portcullis("repro", "--case", "python/as-saved", "--from", changed)
        self.assertIn("no-gpus", done.stdout.splitlines())

    def test_its_programs(self):
        done = portcullis("repro", "--case", FAILS, "--from", self.results, "--emit", "py", "-o", self.folder / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        fails = (self.folder / "out/fails.py").read_text()
        self.assertIn(f"# {FAILS}: raises deserialize-no-cuda in the load.", fails)
        self.assertIn('value = torch.load("checkpoint.pt")', fails)
        self.assertIn('value = torch.load("checkpoint.pt", map_location="cpu")',
                      (self.folder / "out/works.py").read_text())

    def test_the_language_is_the_case_s(self):
        done = portcullis("repro", "--case", FAILS, "--from", self.results, "--emit", "cpp")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("is a case of Python; say --emit py or sh", done.stderr)

    def test_one_without_programs_of_its_own_is_told_which_has_them(self):
        done = portcullis("repro", "--case", DAMAGED, "--from", self.results, "--emit", "py")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{DAMAGED} has no program of its own: no code for damaged files", done.stderr)
        self.assertIn("portcullis repro zip-no-directory --emit", done.stderr)

    def test_kept_results_do_not_say_which_checkpoint_it_was(self):
        kept = pathlib.Path(__file__).parents[3] / "fixtures/golden/results/2.11.0.ndjson"
        done = portcullis("repro", "--case", FAILS, "--from", kept, "--emit", "py")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"these results do not say which checkpoint {FAILS} loads", done.stderr)

    def test_one_that_loads_has_nothing_to_reproduce(self):
        done = portcullis("repro", "--case", LOADS, "--from", self.results)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("It loads; there is no error to reproduce.", done.stdout)

    def test_wrong_use(self):
        for arguments, words in ((["--case", "no-such-case"], "'no-such-case' is neither"),
                                 (["--case", "matrix/state-dict-cuda0/"], "expected one; among them"),
                                 (["--case", "xyz", "--from", self.results], "no case of that run has 'xyz'"),
                                 (["--case", "matrix/", "--from", self.results], "expected one; among them"),
                                 (["--case", FAILS, "--from", __file__], "case_test.py"),
                                 (["no-driver", "--case", FAILS], "not both")):
            with self.subTest(arguments):
                done = portcullis("repro", *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
