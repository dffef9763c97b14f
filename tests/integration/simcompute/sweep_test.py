"""Owns: what a simulated GPU makes of every operator that PyTorch has for CUDA: computed and equal to the
CPU's result, or refused by name. docs/reference/operators.md holds the counts of the default
version; a difference is a failure.

    sweep_test.py [--write]    --write: writes the page instead of comparing"""

import difflib
import os
import pathlib
import sys
import unittest

from computing import computing

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "operators"))
import page  # noqa: E402
import sweep  # noqa: E402

PAGE = HERE.parents[2] / "docs" / "reference" / "operators.md"
VERSION = torch.__version__.partition("+")[0]


def outcomes(function=sweep.sweep):
    outcome = computing(function)
    if outcome.value is None:
        raise AssertionError(f"the sweep died: {outcome.raised or outcome.signal}\n{outcome.stderr}")
    return outcome.value


class Operators(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.outcomes = outcomes()
        cls.varied = outcomes(sweep.sweep_variants)

    def test_compute_what_the_cpu_computes_or_refuse_by_name(self):
        wrong = {name: why for name, (what, why) in self.outcomes.items() if what == sweep.WRONG}
        self.assertEqual(wrong, {})

    def test_are_all_tried_or_say_why_not(self):
        untold = [name for name, (what, why) in self.outcomes.items()
                  if what == sweep.UNTRIED and not why]
        self.assertEqual(untold, [])

    def test_compute_it_in_every_dtype_and_with_gaps(self):
        wrong = {variant: calls for variant, (_, calls) in self.varied.items() if calls}
        self.assertEqual(wrong, {})

    def test_are_those_of_the_page(self):
        if os.environ.get("PORTCULLIS_TEST_DEFAULT") != "true":
            self.skipTest(f"the page is about the default version, not {VERSION}")
        expected = PAGE.read_text(encoding="utf-8")
        found = page.page(self.outcomes, self.varied, VERSION)
        lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), str(PAGE), "now", n=0,
                                     lineterm="")
        self.assertEqual(expected, found, "\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page.page(outcomes(), outcomes(sweep.sweep_variants), VERSION), encoding="utf-8")
    else:
        unittest.main()
