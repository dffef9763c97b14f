# portcullis list, make, doctor, --help and --version.
import json
import unittest

from program import AS_EXPECTED, RUNTIMES, SOURCE, ProgramTest

# What each listing must hold, among others.
LISTINGS = {
    "scenarios": ["c1-two-steps", "c7-saved-from-cpu", "cases."],
    "cases": ["c3-gpu-gone/state-dict-cuda0/2xh200@empty/python/map-location=cpu"],
    "hosts": ["no-driver", "2xh200", "8xh100", "t4-h200"],
    "checkpoints": ["state-dict-cuda0", "saved from cuda:0 and cuda:1"],
    "strategies": ["as-saved", "map-location=cpu", "remap=cuda:1>cuda:0", "forward=cpu"],
    "errors": ["deserialize-no-cuda", "“Found no NVIDIA driver"],
}


class Lists(ProgramTest):
    def test_each_listing(self):
        for what, texts in LISTINGS.items():
            with self.subTest(what):
                done = self.expect(AS_EXPECTED, "list", what)
                for text in texts:
                    self.assertIn(text, done.stdout)
                self.assertEqual(done.stderr, "")

    def test_every_host_file_and_every_runtime_is_listed(self):
        hosts = self.expect(AS_EXPECTED, "list", "hosts").stdout.split("\n")
        for file in (SOURCE / "fixtures/hosts").glob("*.yaml"):
            self.assertTrue(any(line.startswith(f"{file.stem} ") for line in hosts), file.stem)
        runtimes = self.expect(AS_EXPECTED, "list", "runtimes").stdout
        for runtime in json.loads(RUNTIMES.read_text()):
            self.assertIn(runtime["id"], runtimes)

    def test_without_a_word_it_lists_scenarios(self):
        self.assertEqual(self.expect(AS_EXPECTED, "list").stdout,
                         self.expect(AS_EXPECTED, "list", "scenarios").stdout)

    def test_every_listed_case_is_there_once(self):
        cases = self.expect(AS_EXPECTED, "list", "cases").stdout.splitlines()
        self.assertGreater(len(cases), 100)
        self.assertEqual(len(cases), len(set(cases)))


class Make(ProgramTest):
    def test_makes_what_is_missing_once(self):
        first = self.expect(AS_EXPECTED, "make", "state-dict-cuda0")
        file = first.stdout.strip()
        self.assertTrue(file.endswith("state-dict-cuda0.pt"), file)
        second = self.expect(AS_EXPECTED, "make", "state-dict-cuda0")
        self.assertEqual(second.stdout, first.stdout)
        self.assertEqual(second.stderr, "", "nothing was made again")
        self.nothing_is_left()


class Doctor(ProgramTest):
    def test_what_is_here(self):
        done = self.expect(AS_EXPECTED, "doctor")
        self.assertIn("ok ", done.stdout)
        self.assertNotIn("missing", done.stdout)


class Help(ProgramTest):
    def test_help_and_version(self):
        self.assertIn("Exit codes:", self.expect(AS_EXPECTED, "--help").stdout)
        self.assertIn("--checkpoint", self.expect(AS_EXPECTED, "run", "--help").stdout)
        self.assertRegex(self.expect(AS_EXPECTED, "--version").stdout, r"^portcullis \d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
