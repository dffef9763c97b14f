# portcullis run --checkpoint: a grid of real loads of somebody's own file.
import unittest

from program import (AS_EXPECTED, SOURCE, ProgramTest, lines_as_seen, run_on_terminal)

GOLDEN = SOURCE / "fixtures/golden/checkpoints"
HOSTS = ["--host", "no-driver", "--host", "2xh200@empty", "--host", "1xt4"]
STRATEGIES = ["--strategy", "as-saved", "--strategy", "map-location=cpu"]


class OwnCheckpoint(ProgramTest):
    def test_the_grid(self):
        file = GOLDEN / "zip-cuda0.pt"
        done = self.expect(AS_EXPECTED, "run", "--checkpoint", file, *HOSTS, *STRATEGIES)
        self.assertRegex(done.stdout, r"zip-cuda0\.pt: zip, \d+ tensors, [\d,]+ bytes, tags: ")
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertIn(["no-driver", "2xh200@empty", "1xt4"], rows)
        self.assertIn(["as-saved", "fails", "fails", "loads"], rows)
        self.assertIn(["map-location=cpu", "loads", "loads", "loads"], rows)
        self.assertIn("6 cases: 6 as expected", done.stdout)
        self.nothing_is_left()

    def test_the_standard_grid_fits_on_a_terminal(self):
        (self.folder / "mine.pt").write_bytes((GOLDEN / "zip-cuda0.pt").read_bytes())
        code, printed = run_on_terminal(["run", "--checkpoint", "mine.pt"], self.folder,
                                        self.environment())
        self.assertEqual(code, AS_EXPECTED, printed)
        for line in lines_as_seen(printed):
            self.assertLessEqual(len(line), 80, line)
        self.assertIn("40 cases: 40 as expected", printed)

    def test_each_runtime_has_its_rows(self):
        done = self.expect(AS_EXPECTED, "run", "--checkpoint", GOLDEN / "torchscript-cpu.pt",
                           "--host", "no-driver", "--strategy", "as-saved",
                           "--runtime", "python", "--runtime", "cpp")
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertIn(["python", "as-saved", "loads"], rows)
        self.assertIn(["cpp", "as-saved", "loads"], rows)

    def test_constants_of_traced_code_are_no_tensors_of_the_module(self):
        for name in ("torchscript-traced.pt", "torchscript-frozen.pt"):
            self.expect(AS_EXPECTED, "run", "--checkpoint", GOLDEN / name,
                        "--host", "no-driver", "--strategy", "map-location=cpu")

    def test_what_cannot_be_compared_is_skipped_and_no_finding(self):
        """Its bytes, that is: what raises is held to what was predicted."""
        done = self.expect(AS_EXPECTED, "run", "--trust", "--checkpoint", GOLDEN / "zip-kinds.pt", *HOSTS, *STRATEGIES,
                           "--strategy", "map-location=meta")
        self.assertIn("a quantised tensor has no contiguous elements to compare", done.stdout)
        self.assertRegex(done.stdout, r"\d cases: \d as expected, 0 not as expected, 0 errors, \d skipped")

    def test_two_files_two_grids(self):
        for name in ("one.pt", "two.pt"):
            (self.folder / name).write_bytes((GOLDEN / "legacy-cpu.pt").read_bytes())
        done = self.expect(AS_EXPECTED, "run", "--checkpoint", "one.pt", "two.pt",
                           "--host", "no-driver", "--strategy", "as-saved")
        self.assertIn("one.pt: legacy", done.stdout)
        self.assertIn("two.pt: legacy", done.stdout)
        self.assertIn("2 cases: 2 as expected", done.stdout)


if __name__ == "__main__":
    unittest.main()
