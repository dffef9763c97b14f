# In which order cases run, how often and which of them: reports say the same whatever the order.
import re
import stat
import unittest

from program import AS_EXPECTED, FINDING, WRONG_USE, ProgramTest

# Two runtimes that start quickly, and a checkpoint that a third one makes quickly.
SOME = ["--filter", "/archive-cuda0/", "--runtime", "cpp", "--runtime", "cpp-cpu"]
FAILS = "c3-gpu-gone/archive-cuda0/no-driver/cpp/as-saved"
LOADS = "c3-gpu-gone/archive-cuda0/no-driver/cpp/map-location=cpu"
ONE_KIND = SOME[:4]
FEW = ["--filter", FAILS, "--filter", LOADS]


def without_times(path):
    """The file's bytes, but for times."""
    text = path.read_bytes()
    text = re.sub(rb'"started":"[^"]*"', b'"started":""', text)
    text = re.sub(rb'"seconds":\{[^}]*\}', b'"seconds":{}', text)
    return re.sub(rb'"wall_seconds":[0-9.e+-]+', b'"wall_seconds":0', text)


class Order(ProgramTest):
    def run_into(self, name, *arguments, some=SOME):
        self.expect(AS_EXPECTED, "run", *some, *arguments, "--json", "results.ndjson")
        return (self.folder / "results.ndjson").rename(self.folder / name)

    def test_the_same_report_byte_for_byte_but_for_times(self):
        some = [*SOME, "--filter", "saving/script-cuda0/"]  # their texts name files in $TMPDIR
        self.assertEqual(without_times(self.run_into("first.ndjson", "--shuffle", "5", some=some)),
                         without_times(self.run_into("second.ndjson", "--shuffle", "5", some=some)))

    def test_lines_are_in_the_order_of_the_list_whatever_the_order_of_running(self):
        self.run_into("listed.ndjson")
        self.run_into("shuffled.ndjson", "--shuffle", "5")
        listed, shuffled = (self.results(name) for name in ("listed.ndjson", "shuffled.ndjson"))
        self.assertEqual([case["id"] for case in listed[1]], [case["id"] for case in shuffled[1]])
        self.assertEqual(listed[0]["shuffle"], None)
        self.assertEqual(shuffled[0]["shuffle"], 5)

    def test_shards_have_every_case_once(self):
        self.run_into("whole.ndjson", some=ONE_KIND)
        whole = [case["id"] for case in self.results("whole.ndjson")[1]]
        shards = [self.results(self.run_into(f"{i}.ndjson", "--shard", f"{i}/3", some=ONE_KIND).name)
                  for i in (1, 2, 3)]
        for number, (header, cases, footer) in enumerate(shards, 1):
            self.assertEqual(header["shard"], {"number": number, "of": 3})
            self.assertEqual(header["list"], shards[0][0]["list"])
            self.assertEqual(header["cases"], len(cases))
            self.assertEqual([case["id"] for case in cases], whole[number - 1::3])
            self.assertTrue(footer["complete"])
        self.assertEqual(shards[0][0]["list"]["cases"], len(whole))

    def test_a_shard_may_be_empty(self):
        done = self.expect(AS_EXPECTED, "run", *FEW, "--shard", "4/4", "--json", "results.ndjson")
        header, cases, footer = self.results()
        self.assertEqual((header["cases"], cases, footer["complete"]), (0, [], True))
        self.assertIn("0 cases", done.stdout)


class Failing(ProgramTest):
    def setUp(self):
        super().setUp()
        self.claims = self.copy_of_claims(
            "c3-gpu-gone.yaml",
            "  - strategy: [map-location=cpu, mmap=cpu]\n    loads: cpu\n",
            "  - strategy: [map-location=cpu, mmap=cpu]\n    loads: cuda:0\n")

    def test_rerun_failed(self):
        self.expect(FINDING, "run", self.claims, *FEW, "--json", "before.ndjson")
        done = self.expect(FINDING, "run", self.claims, "--rerun-failed", "before.ndjson",
                           "--json", "after.ndjson")
        self.assertEqual([case["id"] for case in self.results("after.ndjson")[1]], [LOADS])
        self.assertIn("1 cases: 0 as expected, 1 not as expected", done.stdout)
        # The scenario mended: it runs once more, and then there is nothing left.
        done = self.expect(AS_EXPECTED, "run", "--rerun-failed", "before.ndjson",
                           "--json", "after.ndjson")
        self.assertIn("1 cases: 1 as expected", done.stdout)
        done = self.expect(AS_EXPECTED, "run", "--rerun-failed", "after.ndjson")
        self.assertIn("after.ndjson: no case failed there", done.stderr)

    def test_rerun_failed_of_other_scenarios(self):
        self.expect(FINDING, "run", self.claims, *FEW, "--json", "before.ndjson")
        done = self.expect(WRONG_USE, "run", self.claims / "c4-another-gpu.yaml",
                           "--rerun-failed", "before.ndjson")
        self.assertIn(f"the case {LOADS} failed there", done.stderr)

    def test_rerun_failed_of_half_a_report(self):
        (self.folder / "half.ndjson").write_text('{"kind":"header","schema":1}\n')
        done = self.expect(WRONG_USE, "run", "--rerun-failed", "half.ndjson")
        self.assertIn("half.ndjson: found no footer behind line 1", done.stderr)

    def test_fail_fast(self):
        done = self.expect(FINDING, "run", self.claims / "c3-gpu-gone.yaml", *ONE_KIND, "-j", "1",
                           "--fail-fast", "--json", "results.ndjson")
        header, cases, footer = self.results()
        self.assertFalse(footer["complete"])
        self.assertLess(len(cases), header["cases"])
        self.assertGreaterEqual(footer["not_as_expected"], 1)
        self.assertIn("stopped at the first finding (--fail-fast)", done.stderr)
        self.nothing_is_left()


class Repeat(ProgramTest):
    def test_the_same_each_time(self):
        done = self.expect(AS_EXPECTED, "run", *FEW, "--repeat", "3", "--json", "results.ndjson")
        self.assertIn("2 cases: 2 as expected", done.stdout)
        self.assertEqual(self.results()[0]["repeat"], 3)

    def test_a_flaky_loader_is_found(self):
        loader = self.folder / "every-third"
        loader.write_text(f"#!/bin/sh\necho >> '{self.folder}/count'\n"
                          f"[ $(($(wc -l < '{self.folder}/count') % 3)) -ne 0 ] || exit 9\n"
                          'exec "$@"\n')
        loader.chmod(loader.stat().st_mode | stat.S_IXUSR)
        environment = self.data_folder(self.runtimes_with("cpp", loader))
        done = self.expect(FINDING, "run", "--filter", FAILS, "--isolate", "--repeat", "4",
                           "-j", "1", **environment)
        self.assertIn("4 runs went 2 ways", done.stdout)
        self.assertIn("run 3: exited with 9", done.stdout)
        self.assertIn("runs 1, 2 and 4: raised", done.stdout)


if __name__ == "__main__":
    unittest.main()
