"""Owns: every failure that people reported, as docs/COMPUTING.md lists them, has a scenario that shows it
with links to the reports, or says why it cannot be shown; and no scenario of scenarios/field is missing
there. That the scenarios come out as expected is for `portcullis run`."""

import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
PAGE = SOURCE / "docs" / "COMPUTING.md"
SCENARIOS = SOURCE / "scenarios"
LINK = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/\d+")


def rows():
    """(what was reported, the scenarios that show it, what is so today)"""
    table = PAGE.read_text(encoding="utf-8").partition("| reported |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        reported, shown, today = (cell.strip() for cell in line.strip("|").split("|"))
        yield reported, re.findall(r"`([\w/-]+)`", shown), today


def text_of(scenario):
    return (SCENARIOS / f"{scenario}.yaml").read_text(encoding="utf-8")


class Reported(unittest.TestCase):
    def test_failures_are_all_there(self):
        self.assertGreaterEqual(len(list(rows())), 27)

    def test_failures_have_a_scenario_or_a_reason(self):
        for reported, scenarios, today in rows():
            with self.subTest(reported):
                self.assertTrue(scenarios or (LINK.search(reported) and len(today) > 10),
                                "neither a scenario, nor a link and a reason")

    def test_scenarios_name_the_reports(self):
        for reported, scenarios, _ in rows():
            for scenario in scenarios:
                with self.subTest(f"{reported}: {scenario}"):
                    self.assertRegex(text_of(scenario), LINK)

    def test_what_is_outdated_says_so_where_it_is_shown(self):
        for _, scenarios, today in rows():
            if today.startswith("outdated"):
                with self.subTest(scenarios[0]):
                    self.assertIn("outdated", text_of(scenarios[0]))

    def test_scenarios_of_the_folder_are_all_in_the_table(self):
        shown = {scenario for _, scenarios, _ in rows() for scenario in scenarios}
        folder = {f"field/{file.stem}" for file in (SCENARIOS / "field").glob("*.yaml")}
        self.assertEqual(folder - shown, set())


if __name__ == "__main__":
    unittest.main()
