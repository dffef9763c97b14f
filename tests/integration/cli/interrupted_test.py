# Ctrl-C in the middle of a run: children ended, results so far kept and marked incomplete.
import signal
import time
import unittest

import schema
from program import CANNOT_RUN, ProgramTest, processes_of_session


class Interrupted(ProgramTest):
    def interrupt(self, number):
        """Starts a long run, interrupts it when the second case is written, gives its end back."""
        process = self.start("run", "--filter", "/state-dict-cuda0/", "-j", "2",
                             "--json", "results.ndjson")
        half = self.folder / "results.ndjson.partial"
        while process.poll() is None and not (half.exists() and half.read_bytes().count(b"\n") > 2):
            time.sleep(0.002)
        process.send_signal(number)
        sent = time.monotonic()
        out, errors = process.communicate()
        self.assertLess(time.monotonic() - sent, 100)
        self.assertEqual(process.returncode, CANNOT_RUN, out + errors)
        self.assertEqual(processes_of_session(process.pid), [])
        return out, errors

    def check(self, number):
        out, errors = self.interrupt(number)
        header, cases, footer = self.results()
        self.assertFalse(footer["complete"])
        self.assertGreaterEqual(len(cases), 2)
        self.assertLess(len(cases), header["cases"])
        self.assertEqual(footer["as_expected"], len(cases), "a case cut off is no result")
        rules = schema.read()
        for value in [header, *cases, footer]:
            self.assertEqual(schema.differences(value, rules, rules), [])
        self.assertIn(f"interrupted after {len(cases)} of {header['cases']} cases", errors)
        self.assertIn("marked incomplete", errors)
        self.assertIn(f"{len(cases)} cases: {len(cases)} as expected", out)
        self.assertFalse((self.folder / "results.ndjson.partial").exists())
        self.nothing_is_left()

    def test_ctrl_c(self):
        self.check(signal.SIGINT)

    def test_terminated(self):
        self.check(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
