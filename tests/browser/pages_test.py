"""Owns: the test that the reference and a run's report work in a browser: they render, ask for nothing,
say nothing on the console; filters, details, addresses and keys work; dark, on a telephone and
without scripts; and axe-core finds nothing that keeps people out."""

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
AXE = pathlib.Path(os.environ["PORTCULLIS_AXE"])
# Carries axe.min.js 4.10; installed here, never committed.
AXE_PACKAGE = "axe-playwright-python==0.1.4"

BROWSER = chromium.find()
if not BROWSER:
    print("skipped: Chromium is not installed (apt-get install chromium)")
    sys.exit(77)


def axe_source():
    """The text of axe.min.js, from PyPI; None without a network."""
    found = next(AXE.rglob("axe.min.js"), None)
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "--root-user-action=ignore", "--target", AXE,
                        AXE_PACKAGE], check=False, capture_output=True)
        found = next(AXE.rglob("axe.min.js"), None)
    return found.read_text() if found else None


def report_page(folder):
    """The page of a run: made from kept results, so that nothing has to run."""
    kept = next((SOURCE / "fixtures/golden/results").glob("*.ndjson"))
    lines = []
    for line in kept.read_text().splitlines():
        case = json.loads(line)
        if case["kind"] == "case":
            scenario, case["checkpoint"], host, *_ = case["id"].split("/")
            case["scenario"], case["host"] = scenario, host.partition("@")[0]
        lines.append(json.dumps(case))
    bad = json.loads(lines[5])
    bad["verdict"], bad["differences"] = "not as expected", ["made to differ by the test"]
    lines[5] = json.dumps(bad)
    (folder / "results.ndjson").write_text("\n".join(lines) + "\n")
    subprocess.run([os.environ["PORTCULLIS"], "report", folder / "results.ndjson", "--html",
                    folder / "report.html"], check=True, capture_output=True)
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
            for target in re.findall(r'href="([^"#:]+)', page.read_text()):
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
        self.browser.evaluate("document.querySelector('[type=reset]').click()")
        self.browser.evaluate("new Promise(done => setTimeout(done, 50))")
        self.assertEqual(self.shown(), everything)

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
        self.browser.open(f"{page}{address}")
        self.assertEqual(self.browser.evaluate("document.querySelector('dialog[open]').innerText"), said)
        self.browser.key("Escape")
        self.assertTrue(self.browser.evaluate("document.querySelector('dialog[open]') === null"))
        self.quiet(page)

    def test_keys(self):
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
                     SITE / "errors/deserialize-no-cuda.html", self.report):
            with self.subTest(page.name):
                self.browser.open(page, width=380, height=800)
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 380)

    def test_axe_finds_nothing(self):
        source = axe_source()
        if not source:
            self.skipTest(f"{AXE_PACKAGE} cannot be installed here")
        for page in (SITE / "index.html", SITE / "claims.html", SITE / "matrix.html", SITE / "errors.html",
                     SITE / "errors/no-driver.html", self.report):
            for dark in (False, True):
                with self.subTest(page.name, dark=dark):
                    self.browser.open(page, dark=dark)
                    self.browser.evaluate(source + "; 0")
                    found = json.loads(self.browser.evaluate(
                        "axe.run().then(r => JSON.stringify(r.violations.map(v => "
                        "[v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"))
                    self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
