"""Owns: the test that axe-core finds nothing in the pages that keeps people out. axe-core comes from PyPI
and is never committed; where it cannot be had, the test is skipped by name (exit status 77)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import chromium
import pages_test  # says so and ends where there is no browser

AXE = pathlib.Path(os.environ["PORTCULLIS_AXE"])
AXE_PACKAGE = "axe-playwright-python==0.1.4"  # carries axe.min.js 4.10


def axe_source():
    """The text of axe.min.js, from PyPI; None without a network."""
    found = next(AXE.rglob("axe.min.js"), None)
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "--root-user-action=ignore", "--target", AXE,
                        AXE_PACKAGE], check=False, capture_output=True)
        found = next(AXE.rglob("axe.min.js"), None)
    return found.read_text() if found else None


AXE_SOURCE = axe_source()
if not AXE_SOURCE:
    print(f"skipped: {AXE_PACKAGE} cannot be installed here")
    sys.exit(77)


class Accessibility(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.report = pages_test.report_page(pathlib.Path(folder.name))
        cls.browser = chromium.Chromium(pages_test.BROWSER)
        cls.addClassCleanup(cls.browser.close)

    def test_axe_finds_nothing(self):
        for page in (pages_test.SITE / "index.html", pages_test.SITE / "claims.html", pages_test.SITE / "matrix.html", pages_test.SITE / "errors.html",
                     pages_test.SITE / "errors/no-driver.html", self.report):
            for dark in (False, True):
                with self.subTest(page.name, dark=dark):
                    self.browser.open(page, dark=dark)
                    self.leave_a_few_rows()
                    self.browser.evaluate(AXE_SOURCE + "; 0")
                    rules = "{runOnly: ['color-contrast']}" if dark else "{}"  # the rest is the same
                    found = json.loads(self.browser.evaluate(
                        f"axe.run({rules}).then("
                        "r => JSON.stringify(r.violations.map(v => "
                        "[v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"))
                    self.assertEqual(found, [])

    def leave_a_few_rows(self):
        """Of each table: its other rows are of the same make, and would take minutes."""
        self.browser.evaluate("for (const row of document.querySelectorAll('tbody tr:nth-child(n+7)')) row.remove()")

    def test_axe_would_find_something(self):
        self.browser.open(pages_test.SITE / "index.html")
        self.browser.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', "
                              "'<img src=\"data:,\"><input><p style=\"color:#aaa;background:#fff\">pale</p>')")
        self.browser.evaluate(AXE_SOURCE + "; 0")
        found = self.browser.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
        self.assertLessEqual({"image-alt", "label", "color-contrast"}, set(found))


if __name__ == "__main__":
    unittest.main()
