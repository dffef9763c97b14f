"""Owns: the test that docs/reference and the README's table are what results give, and that a change in
either is noticed. If it fails because PyTorch or the scenarios changed:
    portcullis run --json results.ndjson && portcullis docs --keep results.ndjson"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["PORTCULLIS"]
SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
KEPT = SOURCE / "fixtures/golden/results"
REFERENCE = SOURCE / "docs/reference"


def portcullis(*arguments, **environment):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


class Committed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_pages_are_what_the_kept_results_give(self):
        done = portcullis("docs", "--check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_kept_results_are_what_a_run_gives(self):
        results = self.folder / "results.ndjson"
        ran = portcullis("run", "--timeout", "600", "--json", results)  # however busy the machine
        self.assertEqual(ran.returncode, 0, ran.stdout)
        done = portcullis("docs", "--check", "--keep", results)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Noticed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.pages, self.kept = self.folder / "reference", self.folder / "kept"
        shutil.copytree(REFERENCE, self.pages)
        shutil.copytree(KEPT, self.kept)

    def check(self):
        return portcullis("docs", "--check", "--results", self.kept, "-o", self.pages)

    def test_nothing_changed(self):
        self.assertEqual(self.check().returncode, 0)

    def test_a_page_that_somebody_wrote_in(self):
        with (self.pages / "claims.md").open("a") as page:
            page.write("by hand\n")
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("claims.md is not what the results give", done.stdout)

    def test_a_page_that_is_missing_and_one_too_many(self):
        (self.pages / "site/claims.html").unlink()
        (self.pages / "site/old.html").write_text("x")
        done = self.check()
        self.assertIn("site/claims.html is not there", done.stdout)
        self.assertIn("site/old.html is of no results", done.stdout)

    def test_a_result_that_changed_changes_pages(self):
        file = self.kept / "2.11.0.ndjson"
        lines = file.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if '"id":"matrix/' in line and '"loaded"' in line)
        case = json.loads(lines[at])
        case["observation"].update(outcome="raised", phase="load",
                                   error={"type": "RuntimeError", "text": "No CUDA GPUs are available"})
        lines[at] = json.dumps(case)
        file.write_text("\n".join(lines) + "\n")
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("matrix.md is not what the results give", done.stdout)
        self.assertIn("site/matrix.html is not what the results give", done.stdout)

    def test_pictures_are_drawn_from_the_counts(self):
        for file in self.kept.glob("2.1*.ndjson"):
            lines = file.read_text().splitlines()
            for at, line in enumerate(lines):
                if '"id":"matrix/state-dict-cuda0/2xh200/python/as-saved-then-to=cpu"' in line:
                    case = json.loads(line)
                    flight = case["observation"]["flight"]
                    flight["devices"][0]["load"]["host_to_device_bytes"] = 7 << 20
                    for step in flight.get("course", []):
                        if step["what"] == "malloc":
                            step["bytes"] = 9 << 20
                    lines[at] = json.dumps(case)
            file.write_text("\n".join(lines) + "\n")
        done = portcullis("docs", "--results", self.kept, "-o", self.pages)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(">7.0 MiB<", (self.pages / "pictures/transfers.svg").read_text())
        self.assertIn(">9.0 MiB<", (self.pages / "pictures/peak.svg").read_text())

    def test_regenerating_gives_the_same_bytes(self):
        for name in ("one", "two"):
            done = portcullis("docs", "--results", self.kept, "-o", self.folder / name)
            self.assertEqual(done.returncode, 0, done.stderr)
        same = subprocess.run(["diff", "-r", self.folder / "one", self.folder / "two"], check=False)
        self.assertEqual(same.returncode, 0)

    def test_results_that_are_cut_off_or_of_no_scenario_are_refused(self):
        file = self.kept / "2.11.0.ndjson"
        text = file.read_text()
        file.write_text(text.rpartition('{"as_expected"')[0])
        self.assertEqual(self.check().returncode, 2)
        file.write_text(text.replace("c1-two-steps/", "c1-no-steps/", 1))
        done = self.check()
        self.assertEqual(done.returncode, 2)
        self.assertIn("no scenario has the case c1-no-steps/", done.stderr)

    def test_another_versions_results_become_a_column_and_a_difference(self):
        file = self.kept / "2.11.0.ndjson"
        lines = file.read_text().replace("2.11.0", "2.0.9").splitlines()
        at = next(i for i, line in enumerate(lines) if "matrix/state-dict-cuda0/no-driver/python/as-saved" in line)
        case = json.loads(lines[at])
        case["observation"]["error"]["text"] = "Found no NVIDIA driver on your system"
        lines[at] = json.dumps(case)
        (self.kept / "2.0.9.ndjson").write_text("\n".join(lines) + "\n")
        done = portcullis("docs", "--results", self.kept, "-o", self.pages)
        self.assertEqual(done.returncode, 0, done.stderr)
        matrix = (self.pages / "matrix.md").read_text()
        self.assertIn("**≠** 2.15.0, 2.11.0, 2.6.0, 2.5.1 ✗ [deserialize-no-cuda](errors/deserialize-no-cuda.md)<br>2.0.9 ✗ "
                      "[no-driver](errors/no-driver.md)", matrix)
        self.assertIn("data-differs", (self.pages / "site/matrix.html").read_text())

    def test_findings_are_not_kept(self):
        file = self.kept / "2.11.0.ndjson"
        bad = self.folder / "bad.ndjson"
        bad.write_text(file.read_text().replace('"as expected"', '"not as expected"', 1))
        done = portcullis("docs", "--keep", bad, "--results", self.kept, "-o", self.pages)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not for keeping", done.stderr)


if __name__ == "__main__":
    unittest.main()
