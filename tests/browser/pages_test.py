"""Owns: the test that the reference and a run's report work in a browser: they render, ask for nothing,
say nothing on the console; filters, details, addresses and keys work; dark, on a telephone and
without scripts.
PORTCULLIS_SCREENSHOTS=FOLDER keeps pictures of the pages, to be looked at."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import chromium

SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
SITE = SOURCE / "docs/reference/site"

BROWSER = chromium.find()
if not BROWSER:
    print("skipped: Chromium is not installed (apt-get install chromium)")
    sys.exit(77)


def report_page(folder):
    """The page of a run: made from kept results, so that nothing has to run."""
    kept = SOURCE / "fixtures/golden/results/1.13.1.ndjson"  # a small one
    lines = []
    for line in kept.read_text().splitlines():
        case = json.loads(line)
        if case["kind"] == "case":
            scenario, case["checkpoint"], host, *_ = case["id"].split("/")
            case["scenario"], case["host"] = scenario, host.partition("@")[0]
        lines.append(json.dumps(case))
    (folder / "old.ndjson").write_text("\n".join(lines) + "\n")
    bad = json.loads(lines[5])
    bad["verdict"], bad["differences"] = "not as expected", ["made to differ by the test"]
    lines[5] = json.dumps(bad)
    (folder / "results.ndjson").write_text("\n".join(lines) + "\n")
    done = subprocess.run([os.environ["PORTCULLIS"], "report", folder / "results.ndjson", "--html",
                           folder / "report.html", "--compare", folder / "old.ndjson"], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 1, done.stderr  # one is newly failing
    return folder / "report.html"


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.report = report_page(pathlib.Path(cls.folder.name))
        cls.browser = chromium.Chromium(BROWSER)
        cls.addClassCleanup(cls.browser.close)

    def shown(self):
        return self.browser.evaluate("document.querySelectorAll('.item:not([hidden])').length")

    def choose(self, name, value):
        self.browser.evaluate(f"(() => {{ const box = document.querySelector('[name={name}]');"
                              f"box.value = {json.dumps(value)};"
                              "box.dispatchEvent(new Event('input', {bubbles: true})); })()")

    def quiet(self, page):
        self.assertEqual(self.browser.complaints(), [], page)
        self.assertEqual(self.browser.requests(), [], page)

    def test_every_page_renders_and_says_nothing(self):
        pages = [*sorted(SITE.rglob("*.html")), self.report]
        self.assertGreater(len(pages), 20)
        for page in pages:
            with self.subTest(page.name):
                self.browser.open(page)
                self.assertGreater(self.browser.evaluate("document.querySelector('main').innerText.length"), 200)
                self.quiet(page)

    def test_links_between_pages_lead_somewhere(self):
        for page in sorted(SITE.rglob("*.html")):
            for target in re.findall(r'(?:href|src)="([^"#:]+)["#]', page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page} → {target}")

    def test_filters(self):
        self.browser.open(SITE / "matrix.html")
        everything = self.shown()
        self.choose("host", "no-driver")
        on_one_host = self.shown()
        self.assertTrue(0 < on_one_host < everything)
        self.choose("outcome", "loads")
        self.assertTrue(0 < self.shown() < on_one_host)
        self.choose("q", "map-location=cpu")
        names = self.browser.evaluate("[...document.querySelectorAll('tr.group:not([hidden]) th')].map(t => t.innerText)")
        self.assertEqual(set(names), {"map-location=cpu"})
        self.assertIn(f"of {everything} shown", self.browser.evaluate("document.querySelector('output').textContent"))
        # The page counts again once the form is empty: in the next task of its event loop.
        self.browser.evaluate("document.querySelector('[type=reset]').click();"
                              "new Promise(done => setTimeout(done))")
        self.assertEqual(self.shown(), everything)

    def lines(self):
        """What the shown cells say of versions that differ, line by line."""
        return self.browser.evaluate("[...document.querySelectorAll('.item:not([hidden]) .versions:not([hidden])')]"
                                     ".map(line => line.innerText)")

    def test_a_version_filter_shows_what_that_version_did(self):
        self.browser.open(SITE / "matrix.html")
        everything, every_line = self.shown(), self.lines()
        self.choose("version", "1.13.1")  # of C++ without CUDA only
        self.assertTrue(0 < self.shown() < everything)
        self.choose("version", "2.6.0")
        self.browser.evaluate("document.querySelector('[name=differs]').click()")
        lines = self.lines()
        self.assertTrue(lines and len(lines) < len(every_line))
        self.assertTrue(all("2.6.0" in line for line in lines), lines)
        for outcome, sign in (("loads", "✓"), ("fails", "✗")):
            self.choose("outcome", outcome)
            self.assertTrue(all(line.startswith(sign) for line in self.lines()), outcome)
        self.choose("version", "")
        self.assertEqual(self.shown(), 0)  # none of those that differ only loads, or only fails

    def test_search_finds_error_texts(self):
        self.browser.open(SITE / "matrix.html")
        self.choose("q", "found no nvidia driver")
        words = self.browser.evaluate("[...document.querySelectorAll('.item:not([hidden])')].map(t => t.innerText)")
        self.assertTrue(words and all("no-driver" in word for word in words))

    def test_a_cell_tells_its_error_and_its_address_opens_it(self):
        page = SITE / "matrix.html"
        self.browser.open(page)
        self.browser.evaluate("document.querySelector('.item.fails').click()")
        said = self.browser.evaluate("document.querySelector('dialog[open]').innerText")
        self.assertIn("portcullis run --filter", said)
        self.assertIn("simulated GPUs", said)
        self.assertRegex(said, r"Error: \w+")
        address = self.browser.evaluate("location.hash")
        self.browser.open(page, address=address)
        self.assertEqual(self.browser.evaluate("document.querySelector('dialog[open]').innerText"), said)
        self.browser.key("Escape")
        self.assertTrue(self.browser.evaluate("document.querySelector('dialog[open]') === null"))
        self.quiet(page)

    def focus(self):
        return self.browser.evaluate("(e => e.className + ' ' + e.tagName + ' ' + (e.name ?? ''))"
                                     "(document.activeElement)").strip()

    def test_everything_is_reached_by_keys(self):
        self.browser.open(SITE / "matrix.html")
        self.browser.key("Tab")
        self.assertEqual(self.focus(), "skip A")
        reached = [self.focus()]
        while len(reached) < 20 and "item" not in reached[-1]:
            self.browser.key("Tab")
            reached.append(self.focus())
        for name in ("INPUT q", "SELECT family", "SELECT checkpoint", "SELECT host", "SELECT version", "SELECT outcome",
                     "INPUT differs"):
            self.assertIn(name, reached)
        self.assertRegex(reached[-1], "^item outcome")
        self.browser.evaluate("document.querySelector('[name=q]').focus()")
        self.browser.type("map-location=cpu")
        self.assertTrue(0 < self.shown() < 100)

    def test_a_dialog_keeps_the_focus_and_gives_it_back(self):
        self.browser.open(SITE / "matrix.html")
        self.browser.evaluate("document.querySelector('table.matrix td button').focus()")
        cell = self.focus()
        self.browser.key("Enter")
        for _ in range(6):
            self.assertTrue(self.browser.evaluate("document.activeElement === document.body || "
                                                  "document.querySelector('dialog').contains(document.activeElement)"))
            self.browser.key("Tab")
        self.browser.key("Escape")
        self.assertEqual(self.focus(), cell)

    def test_arrow_keys_go_from_cell_to_cell(self):
        self.browser.open(SITE / "matrix.html")
        self.browser.evaluate("document.querySelector('table.matrix td button').focus()")
        first = self.browser.evaluate("document.activeElement.dataset.detail")
        self.browser.key("ArrowRight")
        second = self.browser.evaluate("document.activeElement.dataset.detail")
        self.browser.key("ArrowDown")
        third = self.browser.evaluate("document.activeElement.dataset.detail")
        self.assertEqual(len({first, second, third}), 3)
        self.browser.key("Enter")
        self.assertTrue(self.browser.evaluate("document.querySelector('dialog').open"))

    def test_the_report_of_a_run(self):
        self.browser.open(self.report)
        changes = self.browser.evaluate("document.querySelector('table.data:not(.cases)').innerText")
        self.assertRegex(changes, r"newly failing[\s\S]*made to differ by the test")
        self.choose("verdict", "not as expected")
        self.assertEqual(self.shown(), 1)
        self.browser.evaluate("document.querySelector('.item:not([hidden]) button').click()")
        self.assertIn("made to differ by the test",
                      self.browser.evaluate("document.querySelector('dialog[open]').innerText"))
        self.quiet(self.report)

    def test_without_scripts_everything_is_there(self):
        self.browser.open(SITE / "matrix.html", script=False)
        # Scripts of the page are off; the protocol may still ask.
        self.assertTrue(self.browser.evaluate("document.querySelector('.filters').hidden"))
        self.assertGreater(self.shown(), 100)

    def test_on_a_telephone_nothing_is_wider_than_the_screen(self):
        for page in (SITE / "index.html", SITE / "claims.html", SITE / "matrix.html",
                     SITE / "errors.html", SITE / "errors/deserialize-no-cuda.html", self.report):
            with self.subTest(page.name):
                self.browser.open(page, width=360, height=780)
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 360)
        self.browser.open(SITE / "matrix.html", width=360, height=780)
        self.browser.evaluate("document.querySelector('.item.fails').click()")
        self.assertLessEqual(self.browser.evaluate("document.querySelector('dialog').offsetWidth"), 360)

    def test_dark_where_the_reader_is(self):
        for dark in (False, True):
            self.browser.open(SITE / "matrix.html", dark=dark)
            red = self.browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
            self.assertEqual(int(red) < 64, dark)

    def test_pictures_of_the_pages(self):
        folder = os.environ.get("PORTCULLIS_SCREENSHOTS")
        folder = pathlib.Path(folder or self.folder.name)
        folder.mkdir(parents=True, exist_ok=True)
        for page in (SITE / "index.html", SITE / "claims.html", SITE / "matrix.html", self.report):
            for look in ({}, {"dark": True}, {"width": 390, "height": 844}):
                self.browser.open(page, **look)
                picture = folder / f"{page.stem}{'-dark' * ('dark' in look)}{'-phone' * ('width' in look)}.png"
                self.browser.screenshot(picture)
                self.assertGreater(picture.stat().st_size, 10_000)  # an empty page has some 4 KB


if __name__ == "__main__":
    unittest.main()
