# portcullis check and inspect, as a person and a CI job use them.
import ctypes
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import schema
import xml.dom.minidom

from program import (AS_EXPECTED, FINDING, PROGRAM, SOURCE, WRONG_USE, ProgramTest,
                     lines_as_seen, run_on_terminal)

GOLDEN = SOURCE / "fixtures/golden/checkpoints"


def obey_permissions():
    """In a child that is to become the program: root without the right to read everything."""
    drop, override, search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in (override, search):
        ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0)


class CheckTest(ProgramTest):
    def take(self, *names):
        for name in names:
            shutil.copy(GOLDEN / name, self.folder / name)
        return names


class Check(CheckTest):
    def test_the_question_of_ci(self):
        self.take("zip-cpu.pt", "zip-cuda0.pt")
        self.assertIn("1 passes", self.expect(AS_EXPECTED, "check", "zip-cpu.pt").stdout)
        done = self.expect(FINDING, "check", "zip-cuda0.pt")
        self.assertEqual(done.stdout.splitlines()[:4], [
            "fails zip-cuda0.pt: zip, 7 tensors, 72 B, tags: cuda:0 (72 B)",
            "      as-saved on no-driver, python: raises deserialize-no-cuda in load: the",
            "        tag cuda:0 names a GPU and the host has no NVIDIA driver",
            "        → torch.load(path, map_location='cpu')"])

    def test_a_grid_of_hosts_and_strategies(self):
        self.take("zip-two-devices.pt")
        done = self.expect(FINDING, "check", "zip-two-devices.pt", "--hosts",
                           "no-driver,1xt4,2xh200", "--strategies",
                           "as-saved,map-location=cpu,parts=cuda:0,cuda:1")
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertIn(["no-driver", "1xt4", "2xh200"], rows)
        self.assertIn(["as-saved", "fails", "fails", "loads"], rows)
        self.assertIn(["map-location=cpu", "loads", "loads", "loads"], rows)
        self.assertIn(["parts=cuda:0,cuda:1", "fails", "fails", "loads"], rows)

    def test_everything_that_is_golden_is_read(self):
        done = self.expect(FINDING, "check", GOLDEN, "--json", "all.json")
        files = json.loads((self.folder / "all.json").read_text())["files"]
        formats = {file["format"] for file in files}
        self.assertEqual(formats, {
            "zip", "legacy", "torchscript", "archive", "pickle-save", "package",
            "exported-program", "safetensors", "sharded-index", "distributed", "plain-pickle"})
        self.assertNotIn("damaged", done.stdout)

    def test_other_files_of_a_folder_do_not_count_and_damaged_ones_are_not_fatal(self):
        self.take("zip-cpu.pt")
        (self.folder / "readme.txt").write_text("cuda:0")
        (self.folder / "a-page.pt").write_text("<html>")
        whole = (GOLDEN / "zip-cuda0.pt").read_bytes()
        (self.folder / "cut.pt").write_bytes(whole[:len(whole) // 2])
        done = self.expect(FINDING, "check", ".")
        self.assertIn("fails ./cut.pt\n      at byte", done.stdout)
        self.assertIn("ok    ./zip-cpu.pt", done.stdout)
        self.assertIn("2 checkpoints: 1 passes, 1 does not; 2 files are no checkpoints",
                      done.stdout)
        self.expect(WRONG_USE, "check", "a-page.pt", "zip-cpu.pt")
        done = self.expect(AS_EXPECTED, "check", "a-page.pt", "zip-cpu.pt", "--leave-others")
        self.assertIn("1 checkpoint: 1 passes, 0 do not; 1 file is no checkpoint", done.stdout)
        (self.folder / ".portcullis.yaml").write_text("leave-others: true\n")
        self.expect(AS_EXPECTED, "check", "a-page.pt", "zip-cpu.pt")
        self.expect(FINDING, "check", "gone.pt", "cut.pt", "--leave-others")

    def check_by_permissions(self, *arguments):
        if os.geteuid() == 0:
            listed = subprocess.run(["ls", self.folder / "closed"], capture_output=True,
                                    preexec_fn=obey_permissions, check=False)
            if listed.returncode == 0:
                self.skipTest("root reads everything here")
        return subprocess.run([PROGRAM, "check", *arguments], cwd=self.folder, text=True,
                              env=self.environment(), capture_output=True,
                              preexec_fn=obey_permissions if os.geteuid() == 0 else None,
                              check=False)

    def test_what_cannot_be_read_is_a_finding_and_the_rest_is_checked(self):
        self.take("zip-cpu.pt", "zip-cuda0.pt")
        (self.folder / "zip-cuda0.pt").chmod(0)
        (self.folder / "closed").mkdir()
        (self.folder / "closed").chmod(0)
        self.addCleanup((self.folder / "closed").chmod, 0o700)
        done = self.check_by_permissions(".")
        self.assertEqual(done.returncode, FINDING, done.stdout + done.stderr)
        self.assertIn("fails ./closed\n      found no readable folder (Permission denied)",
                      done.stdout)
        self.assertIn("fails ./zip-cuda0.pt\n      found no readable file (Permission denied)",
                      done.stdout)
        self.assertIn("3 checkpoints: 1 passes, 2 do not", done.stdout)
        self.assertEqual(self.check_by_permissions("closed").returncode, WRONG_USE)
        self.assertEqual(self.check_by_permissions("c*/*.pt").returncode, FINDING)
        self.assertEqual(self.check_by_permissions("zip-cpu*").returncode, AS_EXPECTED)
        (self.folder / ".portcullis.yaml").write_text("allow: {paths: ['closed/**']}\n")
        self.assertIn("allowed ./closed", self.check_by_permissions(".").stdout)

    def test_a_folder_without_a_checkpoint_is_no_pass(self):
        self.take("zip-cpu.pt")
        (self.folder / "empty").mkdir()
        (self.folder / "empty/readme.txt").write_text("none")
        done = self.expect(WRONG_USE, "check", "zip-cpu.pt", "empty")
        self.assertIn("empty: found no checkpoint in this folder", done.stderr)
        self.expect(AS_EXPECTED, "check", "empty", "--leave-others")
        self.expect(AS_EXPECTED, "check", ".")
        self.expect(AS_EXPECTED, "check", "./")

    def test_a_missing_part_is_named_and_the_checkpoint_is_damaged(self):
        index = {"weight_map": {"a": "one.bin", "b": "two.bin"}}
        (self.folder / "model.index.json").write_text(json.dumps(index))
        shutil.copy(GOLDEN / "zip-cpu.pt", self.folder / "one.bin")
        done = self.expect(FINDING, "check", "model.index.json", "--json", "r.json")
        self.assertIn("its part two.bin is missing\n        → copy two.bin there", done.stdout)
        findings = json.loads((self.folder / "r.json").read_text())["files"][0]["findings"]
        self.assertEqual([finding["rule"] for finding in findings], ["damaged"])
        (self.folder / "two.bin").write_text("<html>")
        self.assertIn("its part ./two.bin: ", self.expect(FINDING, "check", ".").stdout)
        self.expect(WRONG_USE, "check", "gone.index.json")

    def test_no_line_is_wider_than_the_terminal_and_no_code_is_broken(self):
        self.take("zip-module.pt")
        code, printed = run_on_terminal(["check", "zip-module.pt"], self.folder,
                                        self.environment())
        self.assertEqual(code, FINDING)
        lines = [line.strip() for line in lines_as_seen(printed)]
        for line in lines:  # a name alone may be as long as it likes
            self.assertTrue(len(line) <= 72 or " " not in line.removeprefix("→ "), line)
        self.assertTrue(any("torch.load(path, map_location='cpu', weights_only=False)" in line
                            for line in lines), printed)

    def test_patterns(self):
        (self.folder / "runs/1").mkdir(parents=True)
        shutil.copy(GOLDEN / "zip-cpu.pt", self.folder / "runs/1/last.ckpt")
        done = self.expect(AS_EXPECTED, "check", "runs/**/*.ckpt", "--quiet")
        self.assertEqual(done.stdout, "1 checkpoint: 1 passes, 0 do not\n")
        self.assertIn("no file matches '*.bin'",
                      self.expect(WRONG_USE, "check", "*.bin").stderr)

    def test_the_order_is_that_of_the_names_whatever_the_threads(self):
        for number in range(200):
            shutil.copy(GOLDEN / "zip-cpu.pt", self.folder / f"{number:03}.pt")
        one = self.expect(AS_EXPECTED, "check", ".", "-j1").stdout
        self.assertEqual(one, self.expect(AS_EXPECTED, "check", ".", "-j4").stdout)
        self.assertIn("200 checkpoints: 200 pass, 0 do not", one)

    def test_progress_is_on_the_terminal_only(self):
        for number in range(200):
            shutil.copy(GOLDEN / "zip-cpu.pt", self.folder / f"{number:03}.pt")
        code, printed = run_on_terminal(["check", ".", "-q"], self.folder, self.environment())
        self.assertEqual(code, AS_EXPECTED)
        self.assertIn("128 of 200 files", printed)
        self.assertEqual(self.expect(AS_EXPECTED, "check", ".", "-q").stderr, "")
        for line in lines_as_seen(printed):
            self.assertLessEqual(len(line), 80)

    def test_refused_globals_are_told_by_version(self):
        self.take("zip-module.pt")
        done = self.expect(FINDING, "check", "zip-module.pt", "--runtimes",
                           "python,python-2.5.1", "--json", "r.json")
        self.assertIn("python-2.5.1", done.stdout)
        findings = json.loads((self.folder / "r.json").read_text())["files"][0]["findings"]
        texts = [f["text"] for f in findings if f["rule"] == "refused-globals"]
        self.assertEqual(len(texts), 2)
        old, new = sorted(texts, key=lambda text: "2.11.0" in text)
        self.assertIn("weights_only=True of PyTorch 2.5.1 refuses", old)
        self.assertIn("__builtin__.set", old)
        self.assertIn("weights_only=True of PyTorch 2.11.0 refuses torch.nn", new)
        self.assertNotIn("__builtin__.set", new)

    def test_names_that_do_not_exist(self):
        self.take("zip-cpu.pt")
        for option, text in (("--host", "2xh20"), ("--runtime", "pyton"),
                             ("--strategy", "map-locaton=cpu")):
            done = self.expect(WRONG_USE, "check", "zip-cpu.pt", option, text)
            self.assertIn("did you mean", done.stderr)


class PolicyFile(CheckTest):
    def test_the_nearest_policy_asks(self):
        self.take("zip-cuda0.pt")
        (self.folder / ".portcullis.yaml").write_text("hosts: 2xh200\n")
        self.expect(AS_EXPECTED, "check", "zip-cuda0.pt")
        self.expect(FINDING, "check", "zip-cuda0.pt", "--host", "no-driver")
        self.expect(FINDING, "check", "zip-cuda0.pt", "--no-policy")

    def test_what_it_allows_and_what_it_limits(self):
        self.take("zip-cuda0.pt", "zip-cpu.pt")
        policy = self.folder / ".portcullis.yaml"
        policy.write_text("allow: {paths: ['zip-cuda*']}\n")
        self.assertIn("allowed ./zip-cuda0.pt", self.expect(AS_EXPECTED, "check", ".").stdout)
        policy.write_text("limits: {file: 100 B}\n")
        self.assertIn("the policy allows 100 B",
                      self.expect(FINDING, "check", "zip-cpu.pt").stdout)

    def test_it_may_be_empty(self):
        self.take("zip-cpu.pt")
        for text in ("", "# hosts: 2xh200\n"):
            (self.folder / ".portcullis.yaml").write_text(text)
            self.expect(AS_EXPECTED, "check", "zip-cpu.pt")

    def test_a_mistake_in_it_is_told_with_its_place(self):
        self.take("zip-cpu.pt")
        (self.folder / ".portcullis.yaml").write_text("hosts: [no-driver, 2xh20]\n")
        done = self.expect(WRONG_USE, "check", "zip-cpu.pt")
        self.assertIn(".portcullis.yaml:1:20: unknown host '2xh20'; did you mean '2xh200'?",
                      done.stderr)


class Reports(CheckTest):
    def test_each_is_written_whole_and_parses(self):
        self.take("zip-cpu.pt", "zip-module.pt")
        self.expect(FINDING, "check", ".", "--json", "r.json", "--sarif", "r.sarif", "--junit",
                    "r.xml", "--markdown", "r.md", "--github", "r.txt")
        document = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(len(document["files"]), 2)
        rules = schema.read("check")
        self.assertEqual(schema.differences(document, rules, rules), [])
        xml.dom.minidom.parse(str(self.folder / "r.xml"))
        self.assertIn("❌", (self.folder / "r.md").read_text())
        self.assertIn("::error file=./zip-module.pt", (self.folder / "r.txt").read_text())
        self.holds_what_sarif_requires(json.loads((self.folder / "r.sarif").read_text()))

    def holds_what_sarif_requires(self, log):
        """The required properties of SARIF 2.1.0 for the objects that we write, and its enums."""
        self.assertEqual(log["version"], "2.1.0")
        for run in log["runs"]:
            driver = run["tool"]["driver"]
            self.assertTrue(driver["name"])
            ids = [rule["id"] for rule in driver["rules"]]
            self.assertEqual(len(ids), len(set(ids)))
            for rule in driver["rules"]:
                self.assertTrue(rule["shortDescription"]["text"])
            for invocation in run["invocations"]:
                self.assertIsInstance(invocation["executionSuccessful"], bool)
            for result in run["results"]:
                self.assertTrue(result["message"]["text"])
                self.assertIn(result["level"], ("none", "note", "warning", "error"))
                self.assertEqual(ids[result["ruleIndex"]], result["ruleId"])
                for location in result["locations"]:
                    self.assertTrue(location["physicalLocation"]["artifactLocation"]["uri"])

    def test_to_standard_output_nothing_else_is_there(self):
        self.take("zip-cpu.pt")
        json.loads(self.expect(AS_EXPECTED, "check", "zip-cpu.pt", "--json", "-").stdout)
        for one, two in itertools.combinations(
                ("--json", "--junit", "--sarif", "--github", "--markdown"), 2):
            done = self.expect(WRONG_USE, "check", "zip-cpu.pt", one, "-", two, "-")
            self.assertEqual(done.stdout, "")
            self.assertIn("expected one report on standard output", done.stderr)


class Confirm(CheckTest):
    def test_real_loads_agree_with_what_was_said(self):
        self.take("zip-cuda0.pt", "torchscript-scripted.pt")
        done = self.expect(FINDING, "check", ".", "--confirm", "--hosts", "no-driver,2xh200",
                           "--strategies", "as-saved,map-location=cpu")
        self.assertIn("8 loads as predicted", done.stdout)
        self.assertNotIn("predicted:", done.stdout)

    def test_a_way_that_the_rules_do_not_know_is_no_contradiction(self):
        self.take("compiled.pt2")
        done = self.expect(AS_EXPECTED, "check", "compiled.pt2", "--confirm", "--trust", "--leave-others")
        self.assertNotIn("predicted:", done.stdout)

    def test_what_pickles_of_every_kind_hold_is_met_in_their_order(self):
        """A tag before a class that is refused, after it, and opcodes that are not known."""
        self.take("zip-training.pt", "zip-kinds.pt", "legacy-module.pt", "legacy-protocol4.pt")
        ways = "as-saved,map-location=cpu"
        done = self.expect(FINDING, "check", ".", "--confirm", "--hosts", "no-driver,2xh200",
                           "--strategies", ways, "--json", "r.json")
        self.assertIn("16 loads as predicted", done.stdout)
        errors = {(file["file"], forecast["host"], forecast["strategy"]): forecast["error"]
                  for file in json.loads((self.folder / "r.json").read_text())["files"]
                  for forecast in file["forecasts"]}
        training = "zip-training.pt"
        self.assertEqual(errors[f"./{training}", "no-driver", "as-saved"], "deserialize-no-cuda")
        self.assertEqual(errors[f"./{training}", "no-driver", "map-location=cpu"], "weights-only")
        self.assertEqual(errors[f"./{training}", "2xh200", "as-saved"], "weights-only")
        self.assertEqual(errors["./legacy-protocol4.pt", "no-driver", "as-saved"], "weights-only-opcode")

    def test_what_libtorch_reads_of_pickles_is_foretold(self):
        """Of every zip checkpoint that is golden: other protocols, classes, OrderedDicts, other vendors' tags."""
        names = sorted(path.name for path in GOLDEN.glob("zip-*.pt"))
        self.take(*names, "pickle-save.pt")
        done = self.expect(FINDING, "check", ".", "--confirm", "--hosts", "no-driver,2xh200", "--runtimes", "cpp",
                           "--json", "r.json")
        self.assertIn(f"{2 * len(names) + 2} loads as predicted", done.stdout)
        errors = {(pathlib.Path(file["file"]).name, forecast["host"]): forecast["error"]
                  for file in json.loads((self.folder / "r.json").read_text())["files"]
                  for forecast in file["forecasts"]}
        self.assertEqual(errors["zip-cuda0.pt", "no-driver"], "no-driver")
        self.assertEqual(errors["zip-cuda0.pt", "2xh200"], "pickle-not-a-dict")
        self.assertEqual(errors["zip-protocol5.pt", "2xh200"], "unpickler-protocol")
        self.assertEqual(errors["zip-module.pt", "2xh200"], "unpickler-global")
        self.assertEqual(errors["zip-tensor.pt", "2xh200"], "bad-device-string")
        self.assertEqual(errors["pickle-save.pt", "2xh200"], "")

    def test_constants_of_a_frozen_module_are_compared_and_stay(self):
        """A load compares them, on a simulated GPU too; meta has no values, and .to() moves none of them."""
        self.take("torchscript-frozen.pt")
        done = self.expect(FINDING, "check", "torchscript-frozen.pt", "--confirm", "--hosts", "no-driver,1xh200",
                           "--runtimes", "python,cpp", "--strategies",
                           "as-saved,map-location=meta,cpu-then-to=cuda:0", "--json", "r.json")
        self.assertIn("12 loads as predicted", done.stdout)
        said = {(forecast["host"], forecast["runtime"], forecast["strategy"]): forecast["outcome"]
                for forecast in json.loads((self.folder / "r.json").read_text())["files"][0]["forecasts"]}
        self.assertEqual(said["no-driver", "cpp", "as-saved"], "raises no-driver in load")
        self.assertEqual(said["1xh200", "cpp", "as-saved"], "loads")
        self.assertEqual(said["1xh200", "python", "map-location=meta"], "raises missing-backend in load")
        self.assertEqual(said["no-driver", "python", "cpu-then-to=cuda:0"], "loads")

    def test_the_name_of_a_file_may_be_any_bytes(self):
        self.take("zip-cpu.pt")
        (self.folder / "zip-cpu.pt").rename(self.folder / os.fsdecode(b"a\xff\x1b.pt"))
        for arguments in (("check", ".", "--confirm"), ("check", ".", "--confirm", "--json", "r")):
            done = self.expect(AS_EXPECTED, *arguments)
            self.assertIn("1 loads as predicted", done.stdout)
            self.assertIn(r"a\xff\x1b.pt", done.stdout)

    def test_what_retag_wrote_loads_in_cpp(self):
        """Tensors and their bytes as Python finds them, on the devices that the new tags name."""
        scripts = self.take("torchscript-scripted.pt", "torchscript-frozen.pt")
        others = self.take("output-archive.pt", "pickle-save.pt")
        for names, device, host in ((scripts, "cpu", "no-driver"), (others, "cuda:1", "2xh200")):
            with self.subTest(names=names):
                self.expect(AS_EXPECTED, "retag", *names, "--to", device, "--code", "--in-place")
                done = self.expect(AS_EXPECTED, "check", *names, "--hosts", host, "--runtimes",
                                   "python,cpp", "--confirm", "--trust")
                self.assertIn("4 loads as predicted", done.stdout)

    def loader_that(self, lines):
        """Data with a Python loader in which these lines run first."""
        (self.folder / "wrong.py").write_text(
            "import runpy, sys\n"
            "python, loader, *sys.argv[1:] = sys.argv[1:]\n"
            "sys.path.insert(0, loader.rpartition('/')[0])\n"
            f"{lines}"
            "runpy.run_path(loader, run_name='__main__')\n")
        wrapper = self.folder / "wrapper"
        wrapper.write_text(f"#!/bin/sh\nexec \"$1\" '{self.folder}/wrong.py' \"$@\"\n")
        wrapper.chmod(0o755)
        return self.data_folder(self.runtimes_with("python", wrapper))

    def test_a_load_that_fails_unforeseen_is_a_finding_in_every_report(self):
        """It fails everywhere, so that nobody knows the tensors either."""
        data = self.loader_that(
            "import torch\n"
            "def load(*given, **named): raise RuntimeError('Unsupported operand 149')\n"
            "torch.load = load\n")
        self.take("zip-cpu.pt", "zip-cuda0.pt")
        done = self.expect(FINDING, "check", "zip-cpu.pt", "zip-cuda0.pt", "--host", "no-driver",
                           "--strategies", "as-saved,mmap=cpu", "--confirm",
                           *(word for name in ("json", "junit", "sarif", "github", "markdown")
                             for word in (f"--{name}", f"r.{name}")), **data)
        self.assertIn("0 loads as predicted", done.stdout)
        files = json.loads((self.folder / "r.json").read_text())["files"]
        for file, predicted in zip(files, ("loads", "raises deserialize-no-cuda")):
            self.assertFalse(file["passes"])
            texts = [finding["text"] for finding in file["findings"]
                     if finding["rule"] == "differs-from-prediction"]
            self.assertEqual([text.split(" on ")[0] for text in texts],
                             ["as-saved", "mmap=cpu", "map-location=cpu"])
            self.assertIn(f"predicted: {predicted}", texts[0])
            self.assertTrue(all(text.count("Unsupported operand 149") == 1 for text in texts))
        self.assertIn("<error message=\"loads otherwise than predicted\"",
                      (self.folder / "r.junit").read_text())
        self.assertIn("::error file=zip-cpu.pt,title=checkpoint loads otherwise than predicted",
                      (self.folder / "r.github").read_text())
        results = json.loads((self.folder / "r.sarif").read_text())["runs"][0]["results"]
        self.assertIn(("differs-from-prediction", "error"),
                      [(result["ruleId"], result["level"]) for result in results])
        self.assertIn("Unsupported operand", (self.folder / "r.markdown").read_text())

    def test_a_load_that_was_to_fail_and_does_not_is_a_finding(self):
        data = self.loader_that(
            "import torch\n"
            "whole = torch.load\n"
            "torch.load = lambda path, **named: whole(path, **{**named, 'map_location': 'cpu'})\n")
        self.take("zip-cuda0.pt")
        done = self.expect(FINDING, "check", "zip-cuda0.pt", "--confirm", "--json", "r.json",
                           **data)
        self.assertRegex(re.sub(r"\s+", " ", done.stdout),
                         r"predicted: raises deserialize-no-cuda .*; observed loaded")

    def test_without_a_reference_loads_are_held_to_outcome_error_and_phase(self):
        """Python refuses the file's globals, as predicted: C++ has no such rule, and the rest of
        Python's ways are asked as well."""
        self.take("zip-module.pt", "zip-cpu.pt")
        done = self.expect(FINDING, "check", "zip-module.pt", "zip-cpu.pt", "--confirm",
                           "--strategies", "as-saved,map-location=cpu,mmap=cpu")
        self.assertIn("6 loads as predicted", done.stdout)
        self.assertNotIn("not compared", done.stdout)

    def test_what_loads_without_a_reference_says_so(self):
        """The load that tells the tensors alone is refused: it is the one that is not warm."""
        data = self.loader_that(
            "import torch\n"
            "def load(*given, **named): raise RuntimeError('not now')\n"
            "if '--serve' not in sys.argv: torch.load = load\n")
        self.take("zip-cpu.pt")
        done = self.expect(FINDING, "check", "zip-cpu.pt", "--confirm", "--json", "r.json", **data)
        self.assertIn("1 loads as predicted", done.stdout)
        texts = [finding["text"] for finding in
                 json.loads((self.folder / "r.json").read_text())["files"][0]["findings"]]
        self.assertEqual(len(texts), 2)
        self.assertIn("map-location=cpu on no-driver, python: predicted: loads", texts[0])
        self.assertIn("tensors are not compared: it does not load with map-location=cpu", texts[1])

    def test_a_difference_is_a_finding(self):
        """A loader that is warm finds other bytes than one that is not, which gives the reference."""
        data = self.loader_that("if '--serve' in sys.argv:\n"
                                "    from portcullis_loader import tensors\n"
                                "    tensors._sha256 = lambda tensor: 64 * '0'\n")
        self.take("zip-cpu.pt")
        done = self.expect(FINDING, "check", "zip-cpu.pt", "--confirm", "--json", "r.json", **data)
        self.assertIn("its bytes are wrong", done.stdout)
        findings = json.loads((self.folder / "r.json").read_text())["files"][0]["findings"]
        self.assertIn("differs-from-prediction", [finding["rule"] for finding in findings])


class Inspect(CheckTest):
    def test_the_table_fits_and_counts_shared_storages_once(self):
        done = self.expect(AS_EXPECTED, "inspect", GOLDEN / "zip-kinds.pt")
        self.assertIn("shares base", done.stdout)
        self.assertIn("25 tensors  23 storages  233 B", done.stdout)
        for line in done.stdout.splitlines()[1:]:
            self.assertLessEqual(len(line), 80, line)

    def test_what_tensors_are_and_which_devices_are_no_tags(self):
        done = self.expect(AS_EXPECTED, "inspect", GOLDEN / "zip-training.pt")
        for text in ("optimizer state", "RNG state", "device object", "lookalike"):
            self.assertIn(text, done.stdout)

    def test_json(self):
        done = self.expect(AS_EXPECTED, "inspect", GOLDEN / "zip-training.pt", "--json")
        said = json.loads(done.stdout)
        self.assertEqual(said["totals"], {"cuda:0": {"tensors": 12, "storages": 12, "bytes": 132}})
        roles = {tensor["name"]: tensor["role"] for tensor in said["tensors"]}
        self.assertEqual(roles["optimizer.state.0.exp_avg"], "optimizer state")
        self.assertEqual(roles["rng.cuda.0"], "RNG state")


if __name__ == "__main__":
    unittest.main()
