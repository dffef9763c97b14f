# portcullis run on a few real cases: the exit code, the table, the results for machines, and what
# is said of a case that is not as expected.
import re
import subprocess
import unittest
import xml.etree.ElementTree

import schema
from program import AS_EXPECTED, CANNOT_RUN, FEW, FEW_IDS, FINDING, SOURCE, ProgramTest


class Run(ProgramTest):
    def test_as_expected_with_its_reports(self):
        done = self.expect(AS_EXPECTED, "run", *FEW, "--json", "results.ndjson", "--junit", "j.xml")
        self.assertRegex(done.stdout, r"(?m)^C3  confirmed  with the GPU gone")
        self.assertRegex(done.stdout, r"(?m)^C4  confirmed  with another GPU in place")
        self.assertNotIn("C1 ", done.stdout, "no case of this run speaks to C1")
        self.assertIn("3 cases: 3 as expected, 0 not as expected, 0 errors, 0 skipped", done.stdout)
        self.assertIn("3/3 cases, 0 not as expected, ", done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr, "this is no terminal")
        self.check_results()
        self.check_junit()
        self.nothing_is_left()

    def check_results(self):
        rules = schema.read()
        header, cases, footer = self.results()
        for value in [header, *cases, footer]:
            rule = rules["$defs"][value["kind"]]
            self.assertEqual(schema.differences(value, rule, rules), [])
            self.assertEqual(schema.differences(value, rules, rules), [])
        self.assertEqual(header["kind"], "header")
        self.assertEqual(header["cases"], 3)
        self.assertEqual(header["arguments"][:3], ["run", "--filter", FEW_IDS[0]])
        self.assertEqual([case["id"] for case in cases], FEW_IDS)
        self.assertEqual(footer, {"kind": "footer", "complete": True, "as_expected": 3,
                                  "not_as_expected": 0, "errors": 0, "skipped": 0})
        fails, on_cpu, on_gpu = (case["observation"] for case in cases)
        self.assertEqual(fails["outcome"], "raised")
        self.assertIn("Attempting to deserialize object on a CUDA device", fails["error"]["text"])
        self.assertEqual({tensor["device"] for tensor in on_cpu["tensors"]}, {"cpu"})
        self.assertEqual({tensor["device"] for tensor in on_gpu["tensors"]}, {"cuda:1"})
        self.assertGreater(on_gpu["flight"]["devices"][1]["load"]["host_to_device_bytes"], 1 << 20)

    def check_junit(self):
        root = xml.etree.ElementTree.parse(self.folder / "j.xml").getroot()
        self.assertEqual(root.tag, "testsuites")
        counts = {suite.get("name"): (suite.get("tests"), suite.get("failures"),
                                      suite.get("errors"), suite.get("skipped")) for suite in root}
        self.assertEqual(counts, {"c3-gpu-gone": ("2", "0", "0", "0"),
                                  "c4-another-gpu": ("1", "0", "0", "0")})
        self.assertEqual([case.get("name") for case in root.iter("testcase")], FEW_IDS)

    def test_a_changed_expectation_is_a_finding_that_can_be_run_again(self):
        claims = self.copy_of_claims(
            "c3-gpu-gone.yaml",
            "  - strategy: [map-location=cpu, mmap=cpu]\n    loads: cpu\n",
            "  - strategy: [map-location=cpu, mmap=cpu]\n    loads: cuda:0\n")
        wrong = FEW_IDS[1]
        done = self.expect(FINDING, "run", claims, *FEW, "--json", "results.ndjson",
                           "--junit", "j.xml")
        self.assertIn(f"not as expected: {wrong}\n", done.stdout)
        line = 1 + (claims / "c3-gpu-gone.yaml").read_text().split("loads: cuda:0")[0].count("\n")
        where = rf"stated in {re.escape(str(claims))}/c3-gpu-gone\.yaml:{line - 1}:\d+\n"
        self.assertRegex(done.stdout, where)
        self.assertRegex(done.stdout, r"(?m)^C3  open ")
        self.assertIn("2 as expected, 1 not as expected", done.stdout)
        failed = xml.etree.ElementTree.parse(self.folder / "j.xml").findall(".//testcase[failure]")
        self.assertEqual([case.get("name") for case in failed], [wrong])
        self.assertEqual(self.results()[2]["not_as_expected"], 1)
        again = re.search(r"run it again: (portcullis run .*)", done.stdout).group(1)
        once_more = subprocess.run(again, shell=True, cwd=self.folder, env=self.environment(),
                                   text=True, capture_output=True)
        self.assertEqual(once_more.returncode, FINDING, once_more.stderr)
        self.assertIn(f"not as expected: {wrong}\n", once_more.stdout)
        self.assertIn("1 cases: 0 as expected, 1 not as expected", once_more.stdout)

    def test_a_whole_id_chooses_one_case_though_it_begins_others(self):
        one = "c2-one-step/state-dict-cuda0/2xh200/python/map-location=cuda"
        done = self.expect(AS_EXPECTED, "run", "--filter", one, "--json", "results.ndjson")
        self.assertEqual([case["id"] for case in self.results()[1]], [one], done.stdout)

    def test_each_host_and_strategy_takes_one_word(self):
        scenario = self.folder / "mine.yaml"
        scenario.write_text("why: a test\n"
                            "matrix:\n"
                            "  checkpoint: state-dict-cuda0\n"
                            "  host: [no-driver, 1xt4]\n"
                            "  runtime: python\n"
                            "  strategy: [map-location=cpu, as-saved]\n"
                            "expect:\n"
                            "  - {strategy: map-location=cpu, loads: cpu}\n"
                            "  - {host: no-driver, raises: deserialize-no-cuda}\n"
                            "  - {loads: as-saved}\n")
        self.expect(AS_EXPECTED, "run", "--host", "no-driver", "--strategy", "map-location",
                    scenario, "--json", "results.ndjson")
        self.assertEqual([case["id"] for case in self.results()[1]],
                         ["mine/state-dict-cuda0/no-driver/python/map-location=cpu"])


class Documents(ProgramTest):
    def test_the_example_of_the_scenario_page_runs_as_it_stands(self):
        page = (SOURCE / "docs/SCENARIOS.md").read_text()
        (self.folder / "example.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.S)[1])
        done = self.expect(AS_EXPECTED, "run", "example.yaml")
        self.assertIn("17 cases: 17 as expected", done.stdout)


class Limits(ProgramTest):
    CASE = ("--filter", "c2-one-step/archive-cuda0/2xh200/cpp/map-location=cuda:0")

    def finding(self, *arguments):
        done = self.expect(FINDING, "run", *self.CASE, *arguments)
        return " ".join(done.stdout.split())  # as if no line had been folded

    def test_each_is_told(self):
        self.assertIn("crashed by signal 9: it had more than 1 MiB of memory",
                      self.finding("--memory", "1"))
        self.assertIn("exited with", self.finding("--open-files", "4"))
        self.assertIn("timed out", self.finding("--timeout", "0.02", "--isolate"))

    def test_what_stays_within_them_is_as_expected(self):
        """A simulated GPU of 140 GiB is no memory until something writes to it."""
        self.expect(AS_EXPECTED, "run", *self.CASE, "--memory", "2048", "--open-files", "64",
                    "--timeout", "100")


class FullDisk(ProgramTest):
    def test_no_half_results_file(self):
        for option, name in (("--json", "results.ndjson"), ("--junit", "junit.xml")):
            half = self.folder / f"{name}.partial"
            half.symlink_to("/dev/full")
            done = self.expect(CANNOT_RUN, "run", "--filter", FEW_IDS[1], option, name)
            self.assertIn(name, done.stderr)
            self.assertIn("No space left on device", done.stderr)
            self.assertFalse((self.folder / name).exists())
            self.assertFalse(half.is_symlink(), f"{half} was left behind")
            self.nothing_is_left()

    def test_a_folder_that_is_not_there(self):
        done = self.expect(CANNOT_RUN, "run", "--filter", FEW_IDS[1], "--json", "no/r.ndjson")
        self.assertIn("no/r.ndjson", done.stderr)
        self.assertIn("No such file or directory", done.stderr)

    def test_an_earlier_report_stays_when_a_new_one_fails(self):
        (self.folder / "results.ndjson").write_text("earlier\n")
        (self.folder / "results.ndjson.partial").symlink_to("/dev/full")
        self.expect(CANNOT_RUN, "run", "--filter", FEW_IDS[1], "--json", "results.ndjson")
        self.assertEqual((self.folder / "results.ndjson").read_text(), "earlier\n")


if __name__ == "__main__":
    unittest.main()
