# portcullis trace, of a case and of a flight record that portcullis exec kept.
import json
import unittest

from exec_test import python_runtime
from program import AS_EXPECTED, FEW_IDS, FINDING, WRONG_USE, ProgramTest


def as_one_line(text):
    """What is wrapped to 80 columns stands on several."""
    return " ".join(text.split())


class Trace(ProgramTest):
    def test_a_case_as_a_time_line(self):
        out = self.expect(AS_EXPECTED, "trace", FEW_IDS[2]).stdout
        lines = out.splitlines()
        self.assertRegex(lines[0], r"^ +ms  phase +call +device +bytes  result$")
        self.assertRegex(out, r"(?m)^ *\d+\.\d{3}  load +cudaMalloc +cuda:1 +2\.0 MiB  ok$")
        self.assertRegex(out, r"(?m)  load +cudaMemcpyAsync +cuda:1 +h2d 1\.0 MiB  ok$")
        self.assertRegex(out, r"(?m)  load +cudaSetDevice ×2 +cuda:1 +ok$")
        self.assertRegex(out, r"(?m)^\d+ calls, 0 of them met a fault$")
        self.assertTrue(lines[-1].startswith(FEW_IDS[2] + ": loaded"), lines[-1])
        self.assertLessEqual(max(map(len, lines[:-1])), 80)

    def test_the_same_for_machines(self):
        out = self.expect(AS_EXPECTED, "trace", "--json", FEW_IDS[2]).stdout
        calls = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([call["sequence"] for call in calls], list(range(1, len(calls) + 1)))
        copied = sum(call["bytes"] for call in calls
                     if call["point"] == "h2d" and call["phase"] == "load")
        self.assertEqual(copied, 1070600)  # the weights: README.md, C4
        self.assertTrue(all(call["result"] == 0 for call in calls))

    def test_an_injected_fault_is_marked(self):
        done = self.expect(AS_EXPECTED, "trace",
                           "gpu-errors/state-dict-cuda0/2xh200/python/as-saved/fault=ecc@h2d:2")
        self.assertIn("cudaMemcpyAsync cuda:0 h2d 16.0 KiB ecc-uncorrectable ← ecc@h2d:2",
                      as_one_line(done.stdout))
        self.assertIn("1 of them met a fault", done.stdout)

    def test_a_record_that_was_kept_even_of_a_killed_program(self):
        interpreter, environment = python_runtime()
        self.run_program("exec", "--host", "2xh200", "--record", "r", "--fault", "kill@h2d:2", "--",
                         interpreter, "-W", "ignore", "-c",
                         "import torch\nfor _ in range(3): torch.ones(9).to('cuda:1')",
                         **environment)
        out = self.expect(AS_EXPECTED, "trace", "r").stdout
        self.assertRegex(out, r"(?m) start +cudaMemcpyAsync +cuda:1 +h2d 36 B  ok$")
        self.assertIn("cudaMemcpyAsync cuda:1 h2d 36 B did not return ← kill@h2d:2",
                      as_one_line(out))

    def test_a_case_that_is_not_as_expected_is_a_finding(self):
        (self.folder / "s.yaml").write_text(
            "why: a test\nmatrix: {checkpoint: state-dict-cuda0, host: 1xt4, runtime: python, "
            "strategy: as-saved}\nexpect: [{loads: cpu}]\n")
        done = self.expect(FINDING, "trace", "--scenario", "s.yaml", "s/")
        self.assertIn("not as expected: tensor", done.stderr)

    def test_what_is_neither(self):
        self.assertIn("is neither a flight record nor a case",
                      self.expect(WRONG_USE, "trace", "no-such-case").stderr)
        self.assertIn("cases fit 'python', expected one",
                      self.expect(WRONG_USE, "trace", "python").stderr)
        (self.folder / "old").write_bytes(b"FLHT" + bytes(1000))
        self.assertIn("found no flight record of version",
                      self.expect(WRONG_USE, "trace", "old").stderr)


if __name__ == "__main__":
    unittest.main()
