# What a person sees: on a terminal colours and lines that fit, elsewhere neither.
import re
import unittest

from program import (AS_EXPECTED, FEW, ESCAPES, ProgramTest, lines_as_seen, run_on_terminal)

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(ProgramTest):
    def on_terminal(self, *arguments, columns=80, **more):
        code, printed = run_on_terminal(arguments, self.folder, self.environment(**more), columns)
        self.assertEqual(code, AS_EXPECTED, printed)
        return printed

    def test_colours_a_progress_line_and_the_width(self):
        printed = self.on_terminal("run", *FEW)
        self.assertRegex(printed, r"\x1b\[32mconfirmed")
        self.assertIn("\r\x1b[K3/3 cases, 0 not as expected", printed)
        self.assertRegex(printed, r"cases, 0 not as expected, [\d.]+/s, 0:00 left\r\x1b\[K", "cleared")
        for line in lines_as_seen(printed):
            self.assertLessEqual(len(line), 80, line)

    def test_a_wider_terminal_is_used(self):
        narrow, wide = (self.on_terminal("list", "checkpoints", columns=columns)
                        for columns in (80, 132))
        self.assertLess(wide.count("\n"), narrow.count("\n"))
        self.assertTrue(80 < max(map(len, lines_as_seen(wide))) <= 132)

    def test_no_color(self):
        printed = self.on_terminal("run", *FEW, NO_COLOR="1")
        self.assertIn("C3  confirmed  with the GPU gone", printed)
        self.assertIsNone(COLOUR.search(printed))

    def test_an_empty_no_color_changes_nothing(self):
        self.assertIsNotNone(COLOUR.search(self.on_terminal("list", "hosts", NO_COLOR="")))

    def test_lists_fit(self):
        for what in ("scenarios", "hosts", "runtimes", "checkpoints", "strategies", "errors"):
            with self.subTest(what):
                for line in lines_as_seen(self.on_terminal("list", what)):
                    self.assertLessEqual(len(line), 80, line)

    def test_a_pipe_gets_no_escapes(self):
        for arguments in (["list", "hosts"], ["doctor"], ["run", "--help"]):
            done = self.expect(AS_EXPECTED, *arguments)
            self.assertIsNone(ESCAPES.search(done.stdout + done.stderr))


if __name__ == "__main__":
    unittest.main()
