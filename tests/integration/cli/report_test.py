# portcullis report: pages, Markdown and comparisons made from results files, and what it refuses.
import json
import unittest

from program import AS_EXPECTED, FEW, FINDING, WRONG_USE, ProgramTest


class Report(ProgramTest):
    def setUp(self):
        super().setUp()
        self.expect(AS_EXPECTED, "run", *FEW, "--json", "results.ndjson")
        self.lines = (self.folder / "results.ndjson").read_text().splitlines()

    def changed(self, name, change, number=1):
        """A copy of the results in which `change` was done to one case."""
        case = json.loads(self.lines[number])
        change(case)
        lines = [*self.lines[:number], json.dumps(case), *self.lines[number + 1:]]
        (self.folder / name).write_text("\n".join(lines) + "\n")
        return case

    @staticmethod
    def fail(case):
        case["verdict"] = "not as expected"
        case["differences"] = ["expected loads, observed <b>|pipes|</b> and\nlines"]

    def test_markdown_tells_totals(self):
        done = self.expect(AS_EXPECTED, "report", "results.ndjson")
        self.assertIn("✅ Portcullis: 3 of 3 cases as expected", done.stdout)
        self.expect(AS_EXPECTED, "report", "results.ndjson", "--markdown", "comment.md")
        self.assertEqual((self.folder / "comment.md").read_text(), done.stdout)

    def test_markdown_tells_what_differs_without_breaking_its_table(self):
        case = self.changed("bad.ndjson", self.fail)
        done = self.expect(AS_EXPECTED, "report", "bad.ndjson")
        self.assertIn("❌ Portcullis: 2 of 3 cases as expected", done.stdout)
        row = next(line for line in done.stdout.splitlines() if case["id"] in line)
        self.assertIn("&lt;b>\\|pipes\\|&lt;/b> and lines", row)

    def test_markdown_of_a_disaster_fits_a_comment(self):
        bad = json.loads(self.lines[1])
        self.fail(bad)
        bad["differences"] = ["é" * 5000]
        cases = []
        for number in range(3000):
            bad["id"] = f"some/long/scenario/of-number-{number}/python/as-saved"
            cases.append(json.dumps(bad))
        (self.folder / "bad.ndjson").write_text("\n".join([self.lines[0], *cases, self.lines[-1]]) + "\n")
        done = self.expect(FINDING, "report", "bad.ndjson", "--compare", "results.ndjson")
        self.assertLess(len(done.stdout.encode()), 65536)
        self.assertIn("… and 2980 more", done.stdout)

    def test_compare(self):
        case = self.changed("bad.ndjson", self.fail)
        done = self.expect(FINDING, "report", "bad.ndjson", "--compare", "results.ndjson")
        self.assertIn("**newly failing** (1)", done.stdout)
        self.assertIn(case["id"], done.stdout)
        done = self.expect(AS_EXPECTED, "report", "results.ndjson", "--compare", "bad.ndjson")
        self.assertIn("**newly passing** (1)", done.stdout)
        done = self.expect(AS_EXPECTED, "report", "results.ndjson", "--compare", "results.ndjson")
        self.assertIn("Nothing changed", done.stdout)

    def test_compare_tells_other_words_and_cases_that_are_gone(self):
        number = next(i for i, line in enumerate(self.lines) if '"outcome":"raised"' in line)

        def reword(case):
            case["observation"]["error"]["text"] = "Said in other words"
        self.changed("other.ndjson", reword, number)
        done = self.expect(AS_EXPECTED, "report", "other.ndjson", "--compare", "results.ndjson")
        self.assertIn("**other error text** (1)", done.stdout)
        (self.folder / "fewer.ndjson").write_text("\n".join([*self.lines[:1], *self.lines[2:]]) + "\n")
        done = self.expect(AS_EXPECTED, "report", "fewer.ndjson", "--compare", "results.ndjson")
        self.assertIn("**no longer run** (1)", done.stdout)

    def test_a_case_that_is_new_and_fails_is_newly_failing(self):
        self.changed("bad.ndjson", self.fail)
        (self.folder / "fewer.ndjson").write_text("\n".join([*self.lines[:1], *self.lines[2:]]) + "\n")
        self.expect(FINDING, "report", "bad.ndjson", "--compare", "fewer.ndjson")

    def test_html_is_one_file_that_asks_for_nothing(self):
        self.expect(AS_EXPECTED, "report", "results.ndjson", "--html", "report.html")
        page = (self.folder / "report.html").read_text()
        for line in self.lines[1:-1]:
            self.assertIn(json.loads(line)["id"], page)
        for word in ("src=", "@import", "url(", "<link rel=\"stylesheet\""):
            self.assertNotIn(word, page)
        self.assertNotIn("http", page.split("<script type=\"application/json\"")[0].replace(
            "http://www.nvidia.com", ""))

    def test_what_a_checkpoint_or_an_error_says_is_text_in_html(self):
        def attack(case):
            self.fail(case)
            case["checkpoint"] = "<script>alert(1)</script>\" onload=\"x"
            case["differences"] = ["</script><script>alert(2)</script>"]
        self.changed("bad.ndjson", attack)
        self.expect(AS_EXPECTED, "report", "bad.ndjson", "--html", "report.html")
        page = (self.folder / "report.html").read_text()
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("\" onload=\"x", page)

    def test_no_footer_no_report(self):
        (self.folder / "cut.ndjson").write_text("\n".join(self.lines[:-1]) + "\n")
        for arguments in (["cut.ndjson"], ["results.ndjson", "--compare", "cut.ndjson"]):
            done = self.expect(WRONG_USE, "report", *arguments, "--html", "report.html")
            self.assertIn("no footer", done.stderr)
            self.assertFalse((self.folder / "report.html").exists())

    def test_what_is_no_results_file_is_told_with_its_line(self):
        for text, words in (("", ":0"), ("{}\n", ":1"), ("\n".join([self.lines[0], "no json"]), ":2"),
                            ("\n".join([self.lines[0], '{"kind":"case"}', self.lines[-1]]), ":2"),
                            ("\n".join([self.lines[0], '{"kind":"case","id":"a/b/c/d/e","strategy":"as-'
                                        'saved","verdict":"good"}', self.lines[-1]]), "'good'")):
            with self.subTest(text[:40]):
                (self.folder / "bad.ndjson").write_text(text)
                done = self.expect(WRONG_USE, "report", "bad.ndjson")
                self.assertIn("bad.ndjson", done.stderr)
                self.assertIn(words, done.stderr)
        self.expect(WRONG_USE, "report", "missing.ndjson")


if __name__ == "__main__":
    unittest.main()
