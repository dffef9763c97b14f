# portcullis_discover_tests() in a project of somebody else's: each case is a test of CTest.
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["PORTCULLIS"]


class Discover(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-ctest-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("CMakeLists.txt", "mine.yaml"):
            shutil.copy(HERE / name, self.folder)

    def run_tool(self, *words):
        return subprocess.run(list(map(str, words)), cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def configure(self, program):
        done = self.run_tool("cmake", "-S", ".", "-B", "build", f"-DPROGRAM={program}",
                             f"-DPORTCULLIS_CMAKE={os.environ['PORTCULLIS_SOURCE']}/ci/cmake")
        self.assertEqual(done.returncode, 0, done.stdout)

    def listed(self):
        done = self.run_tool("ctest", "--test-dir", "build", "--show-only=json-v1")
        found = json.loads(done.stdout[done.stdout.index("{"):])["tests"]
        return {test["name"]: {each["name"]: each["value"] for each in test["properties"]}
                for test in found}

    def fake_program(self, script):
        program = self.folder / "fake"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program

    def test_each_case_is_a_test(self):
        self.configure(PROGRAM)
        tests = self.listed()
        self.assertEqual(sorted(tests), [
            "portcullis/mine/archive-cuda0/no-driver/cpp/as-saved",
            "portcullis/mine/archive-cuda0/no-driver/cpp/map-location=cpu"])
        for properties in tests.values():
            self.assertEqual(properties["LABELS"], ["cases"])
            self.assertEqual(properties["TIMEOUT"], 100)
        done = self.run_tool("ctest", "--test-dir", "build")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("100% tests passed, 0 tests failed out of 2", done.stdout)

    def test_a_changed_scenario_needs_no_new_configuration(self):
        self.configure(PROGRAM)
        scenario = self.folder / "mine.yaml"
        scenario.write_text(scenario.read_text().replace("loads: cpu", "loads: cuda:0")
                            .replace("[as-saved, map-location=cpu]", "map-location=cpu")
                            .replace("  - {raises: no-driver}\n", ""))
        done = self.run_tool("ctest", "--test-dir", "build")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("0% tests passed, 1 tests failed out of 1", done.stdout)

    def test_cases_on_real_gpus_share_them(self):
        self.configure(self.fake_program("echo s/a/here/python/as-saved\n"
                                         "echo s/a/here@0/python/map-location=cuda:0\n"
                                         "echo s/here/2xh200/python/as-saved\n"))
        groups = {name.removeprefix("portcullis/"): properties.get("RESOURCE_GROUPS")
                  for name, properties in self.listed().items()}
        one = [{"requirements": [{".type": "gpus", "slots": 1}]}]
        self.assertEqual(groups, {"s/a/here/python/as-saved": one,
                                  "s/a/here@0/python/map-location=cuda:0": one,
                                  "s/here/2xh200/python/as-saved": None})

    def test_a_program_that_cannot_list_is_a_test_that_fails(self):
        self.configure(self.fake_program("echo no runtime here >&2; exit 3\n"))
        done = self.run_tool("ctest", "--test-dir", "build", "--output-on-failure")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("portcullis/portcullis-list-cases", done.stdout)
        self.assertIn("no runtime here", done.stdout)


if __name__ == "__main__":
    unittest.main()
