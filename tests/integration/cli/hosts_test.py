# portcullis hosts, and a host of one's own wherever a host is named.
import unittest

from program import AS_EXPECTED, SOURCE, WRONG_USE, ProgramTest

MINE = """\
about: two small ones, one of them taken
driver: "13.0"
gpus: [{profile: t4, memory: 3 GiB}, {profile: t4, state: busy, used: 1 GiB}]
mask: "1,0"
faults: ["oom@malloc:2"]
"""

SCENARIO = """\
why: a host of my own
matrix:
  checkpoint: state-dict-cuda0
  host: [./mine.yaml, "./mine.yaml@0"]
  runtime: python
  strategy: map-location=cpu
expect:
  - {loads: cpu, fires: never}
"""


class Hosts(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "mine.yaml").write_text(MINE)

    def test_every_host_is_listed_within_80_columns(self):
        lines = self.expect(AS_EXPECTED, "hosts").stdout.splitlines()
        self.assertRegex(lines[0], r"^host +driver +GPUs +about$")
        for file in (SOURCE / "fixtures/hosts").glob("*.yaml"):
            self.assertTrue(any(line.startswith(f"{file.stem} ") for line in lines), file.stem)
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_one_host(self):
        out = self.expect(AS_EXPECTED, "hosts", "t4-h200").stdout
        self.assertIn("driver  CUDA 13.0\nmask    unset\n", out)
        self.assertRegex(out, r"(?m)^  0  cuda:1  Tesla T4 .* GPU-[0-9a-f]{8}  healthy$")
        self.assertRegex(out, r"(?m)^  1  cuda:0  NVIDIA H200 ")
        self.assertLessEqual(max(map(len, out.splitlines())), 80)

    def test_one_of_my_own(self):
        out = self.expect(AS_EXPECTED, "hosts", "./mine.yaml").stdout
        self.assertTrue(out.startswith("mine\ntwo small ones, one of them taken\n"), out)
        self.assertIn("mask    1,0\nfault   oom@malloc:2\n", out)
        self.assertRegex(out, r"(?m)^  0  cuda:1  Tesla T4 +3\.0 GiB +- ")
        self.assertRegex(out, r"(?m)^  1  cuda:0  Tesla T4 +14\.8 GiB +1\.0 GiB .* busy$")

    def test_it_works_wherever_a_host_is_named(self):
        (self.folder / "s.yaml").write_text(SCENARIO)
        done = self.expect(AS_EXPECTED, "run", "s.yaml")
        self.assertIn("2 cases: 2 as expected", done.stdout)
        self.expect(AS_EXPECTED, "check", "--host", "./mine.yaml",
                    SOURCE / "fixtures/golden/checkpoints/zip-cuda0.pt")
        done = self.expect(AS_EXPECTED, "exec", "--host", "./mine.yaml@0", "--", "sh", "-c",
                           "echo $CUDA_VISIBLE_DEVICES")
        self.assertEqual(done.stdout, "0\n")

    def test_a_mistake_names_its_place(self):
        (self.folder / "mine.yaml").write_text(MINE.replace("profile: t4, s", "profile: t5, s"))
        (self.folder / "s.yaml").write_text(SCENARIO)
        for arguments in (["hosts", "./mine.yaml"], ["run", "s.yaml"],
                          ["exec", "--host", "./mine.yaml", "--", "true"]):
            done = self.expect(WRONG_USE, *arguments)
            self.assertRegex(done.stderr, r"mine\.yaml:3:\d+: unknown profile 't5'")

    def test_a_host_that_is_not_there(self):
        self.assertIn("did you mean '2xh200'?", self.expect(WRONG_USE, "hosts", "2xh20").stderr)
        (self.folder / "mine.yaml").unlink()
        (self.folder / "s.yaml").write_text(SCENARIO)
        done = self.expect(WRONG_USE, "run", "s.yaml")
        self.assertRegex(done.stderr, r"s\.yaml:4:\d+: no host file '.*mine\.yaml'")


if __name__ == "__main__":
    unittest.main()
