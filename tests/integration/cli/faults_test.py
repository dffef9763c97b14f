# The scenarios of faults: how many there are, that they are as expected, and that the same seed
# meets the same calls twice.
import json
import unittest

from program import AS_EXPECTED, FINDING, SOURCE, ProgramTest

FAULTS = SOURCE / "scenarios/faults"
SEEDED = """\
why: chance with a seed
matrix:
  checkpoint: {checkpoint}
  host: 2xh200
  runtime: {runtime}
  strategy: map-location=cuda:1
  fault: ["flip@h2d:p=0.3,seed=7", "delay=1ms@copy:p=0.5,seed=1"]
expect:
  - {{fault: "flip@h2d:p=0.3,seed=7", wrong-bytes: cuda:1}}
  - {{loads: cuda:1}}
"""
ONE = """\
why: a test
matrix: {{checkpoint: state-dict-cuda0, host: 1xt4, runtime: python, strategy: map-location=cuda:0,
         {what}}}
expect: [{{{outcome}}}]
"""


class FaultScenarios(ProgramTest):
    def test_there_are_enough_over_all_loaders_and_each_is_as_expected(self):
        done = self.expect(AS_EXPECTED, "run", FAULTS, "-j2", "--json", "results.ndjson")
        cases = self.results()[1]
        ran = [case for case in cases if case["verdict"] != "skipped"]
        self.assertGreaterEqual(len(ran), 150, done.stdout)
        families = {case["runtime"].split("-")[0] for case in ran}
        self.assertEqual(families, {"python", "cpp"})
        self.assertTrue(any(case["runtime"].endswith("-cpu") for case in ran))
        for case in ran:
            self.assertTrue(case["fault"] or case["damage"] or case["strategy"].startswith("save"),
                            case["id"])


class Replay(ProgramTest):
    """The same plan, twice: every call has the same name, device, bytes, result and fault."""

    def calls(self, name, what):
        lines = self.expect(AS_EXPECTED, "trace", "--json", "--scenario", name, what).stdout
        kept = ("sequence", "phase", "call", "point", "device", "gpu", "bytes", "result", "injected")
        return [{key: call[key] for key in kept} for call in map(json.loads, lines.splitlines())]

    def test_the_same_seed_gives_the_same_record(self):
        for runtime, checkpoint in (("python", "state-dict-cuda0"), ("cpp", "archive-cuda0")):
            text = SEEDED.format(runtime=runtime, checkpoint=checkpoint)
            (self.folder / "s.yaml").write_text(text)
            for fault in ("flip", "delay"):
                first, second = (self.calls("s.yaml", f"fault={fault}") for _ in range(2))
                self.assertEqual(first, second)
                self.assertTrue(any(call["injected"] for call in first))
                self.assertFalse(all(call["injected"] for call in first))


class NotAsExpected(ProgramTest):
    """Miniatures: what must never pass unnoticed."""

    def difference(self, what, outcome):
        (self.folder / "s.yaml").write_text(ONE.format(what=what, outcome=outcome))
        return self.expect(FINDING, "run", "s.yaml").stdout

    def test_wrong_bytes_are_no_load(self):
        self.assertIn("its bytes are wrong",
                      self.difference('fault: "flip@h2d:1"', "loads: cuda:0"))
        self.assertIn("its bytes are wrong",
                      self.difference("damage: flip-data-middle", "loads: cuda:0"))

    def test_right_bytes_are_no_wrong_ones(self):
        self.assertIn("expected wrong bytes in some tensor, observed none",
                      self.difference('fault: "delay=1ms@h2d"', "wrong-bytes: cuda:0"))

    def test_a_fault_that_never_fires(self):
        self.assertIn("was armed and never fired",
                      self.difference('fault: "oom@malloc:50"', "loads: cuda:0"))
        self.assertIn("was to stay idle and fired",
                      self.difference('fault: "delay=1ms@h2d"', "loads: cuda:0, fires: never"))

    def test_another_signal(self):
        self.assertIn("expected is ended by SIGTERM, observed crashed by signal 9",
                      self.difference('fault: "kill@h2d:1"', "crashes: SIGTERM"))

    def test_memory_that_is_not_given_back(self):
        self.assertIn("bytes of GPU memory were not given back after the error",
                      self.difference('fault: "ecc@h2d:1"', "raises: ecc"))

    def test_a_file_that_static_reading_refuses(self):
        self.assertIn("static reading refuses the checkpoint",
                      self.difference("damage: cut-half", "raises: zip-no-directory"))


if __name__ == "__main__":
    unittest.main()
