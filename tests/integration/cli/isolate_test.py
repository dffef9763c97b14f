# A fresh process for each case gives what the children of warm loaders give: verdict, error text,
# counts, devices and checksums. Every 61st case here, of every scenario file; all of them with
# PORTCULLIS_ISOLATE_EVERY=1 (a quarter of an hour).
import os
import re
import unittest

from program import AS_EXPECTED, ProgramTest

EVERY = int(os.environ.get("PORTCULLIS_ISOLATE_EVERY", 61))

# A frame of a backtrace outside of PyTorch: a warm loader's main() is not a fresh one's.
FRAME_OF_OURS = re.compile(r"frame #\d+: (?!.*/torch/lib/).*\n?")
# Times, and what is said while PyTorch is imported, which a warm loader does once for all.
APART = ("seconds", "wall_seconds", "started", "trouble", "stderr")


def comparable(value):
    """A case's result without what may differ: times, words at start, and where the loader's own code stood."""
    if isinstance(value, dict):
        return {key: comparable(part) for key, part in value.items() if key not in APART}
    if isinstance(value, list):
        return [comparable(part) for part in value]
    return FRAME_OF_OURS.sub("", value) if isinstance(value, str) else value


class Isolated(ProgramTest):
    def results_of(self, name, *arguments):
        self.expect(AS_EXPECTED, "run", "--shard", f"1/{EVERY}", "--timeout", "600", "--json", name, *arguments)
        header, cases, footer = self.results(name)
        self.assertTrue(footer["complete"])
        self.assertEqual(len(cases), header["cases"])
        return {case["id"]: comparable(case) for case in cases}

    def test_gives_what_a_warm_loader_gives(self):
        warm = self.results_of("warm.ndjson")
        fresh = self.results_of("fresh.ndjson", "--isolate")
        self.assertGreaterEqual(len(warm), 1000 // EVERY)
        self.assertEqual(list(warm), list(fresh))
        for case in warm:
            with self.subTest(case):
                self.assertEqual(warm[case], fresh[case])


if __name__ == "__main__":
    unittest.main()
