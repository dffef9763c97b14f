# Everything that a person can get wrong on the command line or in a file: exit code 2 and a text
# that says what was found and what was meant. A checkpoint that is damaged is a finding (1), a
# machine that lacks something cannot run it (3).
import os
import unittest

from program import CANNOT_RUN, FINDING, SOURCE, WRONG_USE, ProgramTest

GOLDEN = SOURCE / "fixtures/golden/checkpoints"

# Arguments, and what standard error must hold.
WRONG_WORDS = [
    (["rnu"], ["unknown subcommand 'rnu'; did you mean 'run'?"]),
    ([], ["Usage:", "Also:", "doctor"]),
    (["run", "--fliter", "x"], ["unknown option '--fliter'; did you mean '--filter'?"]),
    (["run", "--filter"], ["--filter"]),
    (["run", "-j", "0"], ["--jobs", "0 not in range"]),
    (["run", "-j", "many"], ["--jobs", "many"]),
    (["run", "--timeout", "-1"], ["--timeout"]),
    (["run", "--host", "2xh20"], ["unknown host '2xh20'; did you mean '2xh200'?"]),
    (["run", "--host", "2xh200@"], ["2xh200@", "empty"]),
    (["run", "--runtime", "pyhton"], ["unknown runtime 'pyhton'; did you mean 'python'?"]),
    (["run", "--strategy", "map-locaton=cpu"],
     ["unknown strategy 'map-locaton'; did you mean 'map-location'?"]),
    (["run", "--strategy", "map-location=gpu"], ["'gpu'", "map-location=cpu"]),
    (["run", "--filter", "no such case"], ["no case fits", "portcullis list cases"]),
    (["run", "no.yaml"], ["no scenario file or folder 'no.yaml'"]),
    (["list", "hots"], ["unknown thing to list 'hots'; did you mean 'hosts'?"]),
    (["make", "state-dict-cuda"], ["unknown checkpoint 'state-dict-cuda'", "'state-dict-cuda0'"]),
]

GOOD_SCENARIO = """\
claim: C2
why: a test
matrix:
  checkpoint: state-dict-cuda0
  host: no-driver
  runtime: python
  strategy: map-location=cpu
expect:
  - {loads: cpu}
"""

# What is changed in the good scenario, into what, and what is said of it behind the file's name.
WRONG_SCENARIOS = [
    ("host: no-driver", "host: no-drvier", ":5:9: ", "did you mean 'no-driver'?"),
    ("runtime: python", "runtime: pyton", ":6:12: ", "did you mean 'python'?"),
    ("state-dict-cuda0", "state-dict-cuda9", ":4:15: ", "unknown checkpoint 'state-dict-cuda9'"),
    ("map-location=cpu", "map-loc=cpu", ":7:13: ", "unknown strategy 'map-loc'"),
    ("loads: cpu", "loads: gpu", ":9:13: ", "expected a device"),
    ("{loads: cpu}", "{raises: no-drivers}", ":9:14: ", "did you mean 'no-driver'?"),
    ("{loads: cpu}", "{lods: cpu}", ":9:6: ", "did you mean 'loads'?"),
    ("{loads: cpu}", "{host: 1xt4, loads: cpu}", ":9:3: ", "no rule fits the case"),
    ("why: a test\n", "", ":1:1: ", "why"),
    ("host: no-driver", "host: [no-driver", ":6:10: ", "not YAML"),
]


class WrongWords(ProgramTest):
    def test_each_is_wrong_use_and_says_what_was_meant(self):
        for arguments, texts in WRONG_WORDS:
            with self.subTest(" ".join(arguments)):
                done = self.expect(WRONG_USE, *arguments)
                for text in texts:
                    self.assertIn(text, done.stderr)
                self.assertNotIn("terminate called", done.stderr)
                if arguments:
                    self.assertTrue(done.stderr.startswith("portcullis: "), done.stderr)

    def test_each_scenario_error_names_file_line_and_column(self):
        for old, new, where, text in WRONG_SCENARIOS:
            with self.subTest(new):
                self.assertEqual(GOOD_SCENARIO.count(old), 1, old)
                file = self.folder / "mine.yaml"
                file.write_text(GOOD_SCENARIO.replace(old, new))
                done = self.expect(WRONG_USE, "run", file)
                self.assertIn(f"{file}{where}", done.stderr)
                self.assertIn(text, done.stderr)


class WrongFiles(ProgramTest):
    def check(self, file, *texts, code=WRONG_USE):
        done = self.expect(code, "run", "--checkpoint", file)
        for text in (str(file), "found", "expected", *texts):
            self.assertIn(text, done.stderr)
        self.nothing_is_left()

    def test_missing(self):
        self.check(self.folder / "no.pt", "No such file or directory")

    def test_a_directory(self):
        self.check(self.folder, "a directory")

    def test_empty(self):
        file = self.folder / "empty.pt"
        file.touch()
        self.check(file, "an empty file")

    def test_truncated(self):
        for name in ("zip-cuda0.pt", "legacy-cuda0.pt", "torchscript-traced.pt"):
            with self.subTest(name):
                whole = (GOLDEN / name).read_bytes()
                file = self.folder / name
                file.write_bytes(whole[:len(whole) * 2 // 3])
                self.check(file, "at byte", "incomplete", code=FINDING)

    def test_no_checkpoint_at_all(self):
        file = self.folder / "notes.txt"
        file.write_text("not a checkpoint\n" * 100)
        self.check(file)

    @unittest.skipIf(os.geteuid() == 0, "root reads every file")
    def test_unreadable(self):
        file = self.folder / "secret.pt"
        file.write_bytes((GOLDEN / "zip-cuda0.pt").read_bytes())
        file.chmod(0)
        self.check(file, "Permission denied")

    def test_an_unreadable_scenario(self):
        file = self.folder / "loop.yaml"
        file.symlink_to(file)
        done = self.expect(WRONG_USE, "run", file)
        self.assertIn(f"'{file}': Too many levels of symbolic links", done.stderr)


class NothingToRunWith(ProgramTest):
    def test_without_runtimes(self):
        data = self.data_folder(None)
        done = self.expect(CANNOT_RUN, "run", **data)
        self.assertIn("no runtime to load with", done.stderr)
        self.assertIn("portcullis doctor", done.stderr)
        done = self.expect(CANNOT_RUN, "doctor", **data)
        self.assertIn("missing", done.stdout)

    def test_without_data(self):
        done = self.expect(CANNOT_RUN, "run", PORTCULLIS_DATA=str(self.folder))
        self.assertIn("PORTCULLIS_DATA", done.stderr)

    def test_an_empty_list_of_runtimes_is_none(self):
        done = self.expect(CANNOT_RUN, "run", **self.data_folder([]))
        self.assertIn("no runtime to load with", done.stderr)


if __name__ == "__main__":
    unittest.main()
