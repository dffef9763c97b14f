# Which PyTorch loads: --torch, and what is not here, which is said by name and never counted as passed.
import json
import unittest

from program import AS_EXPECTED, CANNOT_RUN, RUNTIMES, ProgramTest

CASES = ["--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/map-location=cpu",
         "--filter", "c3-gpu-gone/archive-cuda0/no-driver/cpp/map-location=cpu",
         "--filter", "c3-gpu-gone/archive-cuda0/no-driver/cpp-cpu/map-location=cpu"]


class Versions(ProgramTest):
    def rows(self):
        rows = json.loads(RUNTIMES.read_text())
        for row in rows:
            for key in ("standins", "compute", "probe", "recorder"):
                if key in row:
                    row[key] = str(RUNTIMES.parent / row[key])
            for key in ("loader", "maker"):
                row[key] = [str(RUNTIMES.parent / word) if (RUNTIMES.parent / word).is_file() else word
                            for word in row.get(key, [])]
        return rows

    def test_a_family_that_is_not_here_is_skipped_by_name(self):
        data = self.data_folder([row for row in self.rows()
                                 if row.get("default") and row["family"] == "python"])
        done = self.expect(AS_EXPECTED, "run", *CASES, **data)
        for family in ("cpp", "cpp-cpu"):
            self.assertRegex(done.stdout, rf"skipped: 1 cases: the runtime {family} is not here: "
                                          r"PyTorch [\d.]+ is, without it \(ci/setup\)")
        self.assertIn("3 cases: 1 as expected, 0 not as expected, 0 errors, 2 skipped", done.stdout)

    def test_a_version_that_is_not_here_is_told(self):
        done = self.expect(CANNOT_RUN, "run", *CASES, "--torch", "2.6.7")
        self.assertIn("PyTorch 2.6.7 is not here (ci/setup --runtime 2.6.7 installs it); here: ",
                      done.stderr)

    def test_every_version_that_is_here_runs_what_it_has(self):
        here = {}
        for row in self.rows():
            here.setdefault(row["version"], {})[row["family"]] = row["id"]
        for version, ids in sorted(here.items()):
            with self.subTest(version=version):
                self.expect(AS_EXPECTED, "run", *CASES, "--torch", version, "--json", "r.ndjson")
                verdicts = {case["runtime"]: case["verdict"] for case in self.results("r.ndjson")[1]}
                self.assertEqual(verdicts, {ids.get(family, family):
                                            "as expected" if family in ids else "skipped"
                                            for family in ("python", "cpp", "cpp-cpu")})


if __name__ == "__main__":
    unittest.main()
