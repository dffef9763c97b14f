"""Recording and agreeing on a machine without a GPU: a simulated host poses as the hardware, that is,
the stand-in libraries are put where the real CUDA libraries would be found, and nobody tells the
program. What it records must agree with the simulation in everything; with one bit that goes wrong
on the "hardware" it must not, and must say where."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import unittest

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("cli", "simcuda")]
import host_file  # noqa: E402
from program import AS_EXPECTED, CANNOT_RUN, FINDING, RUNTIMES, SOURCE, WRONG_USE, ProgramTest  # noqa: E402

BUILD = pathlib.Path(os.environ["PORTCULLIS_BUILD"])

# Loads onto the GPU by each language, one onto the CPU, one that fails, one that hangs by a fault
# (and would wait beside the others, were it not skipped).
CHOICE = ["--filter", "matrix/state-dict-cuda0/1xh200/python/map-location=cuda:0",
          "--filter", "c5-mismatches/state-dict-cuda0/1xt4/python/map-location=cuda:0",
          "--filter", "c5-mismatches/script-cuda0/1xv100/cpp/map-location=cuda:0",
          "--filter", "c3-gpu-gone/state-dict-cuda0/2xh200@empty/python/as-saved",
          "--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/map-location=cpu",
          "--filter", "ended/state-dict-cuda0/1xt4/python/map-location=cuda:0/fault=hang@h2d:1"]

# FaultRule of src/simcuda/interface/fault_plan.h: flip@h2d:1, bit 7.
FLIP_FIRST_COPY = struct.pack("<IIIiQQQdQq64s128s", 4, 5, 0, 0, 1, 1, 0, 1.0, 0, 7, b"",
                              b"flip=7@h2d:1")


class Posing(ProgramTest):
    def pose(self, name, fault=None, gpus=1):
        """Variables under which the program finds a machine with so many H200."""
        host = self.folder / name
        host_file.write_host(host, [host_file.device(number=number) for number in range(gpus)])
        if fault is not None:
            data = bytearray(host.read_bytes())
            struct.pack_into("<I", data, 20, 1)  # fault_count
            start = len(data) - host_file.RULE_BYTES * host_file.MAX_RULES
            data[start:start + len(fault)] = fault
            host.write_bytes(data)
        rows = json.loads(RUNTIMES.read_text())
        for row in rows:
            standins = str((RUNTIMES.parent / row["standins"]).resolve())
            row["standins"] = standins
            if row["cuda"]:
                row["environment"] |= {"LD_LIBRARY_PATH": standins, "PORTCULLIS_SIM_HOST": str(host)}
        data = self.folder / f"{name}.data"
        data.mkdir()
        for part in ("fixtures", "scenarios", "harness"):
            (data / part).symlink_to(SOURCE / part)
        (data / "runtimes.json").write_text(json.dumps(rows))
        return {"PORTCULLIS_DATA": str(data), "XDG_CACHE_HOME": str(BUILD / "posing-cache")}

    def run_script(self, environment, *arguments, code=AS_EXPECTED):
        done = subprocess.run([SOURCE / "ci/calibrate", *arguments], text=True, capture_output=True,
                              env=environment | {"PORTCULLIS_BUILD": str(BUILD)})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def record(self, environment, name="recording", choice=CHOICE, largest="1MiB", code=AS_EXPECTED):
        self.expect(code, "calibrate", "--out", name, "--largest-transfer", largest, *choice, **environment)
        return self.folder / name

    def calls(self, recording):
        """By case: [call, phase, GPU, bytes, result] in order."""
        return {json.loads(line)["id"]: json.loads(line)["calls"]
                for line in (recording / "calls.ndjson").read_text().splitlines()}


class CalibrateTest(Posing):
    def test_a_recording_agrees_with_the_simulation(self):
        environment = self.pose("h200")
        recording = self.record(environment)
        facts = json.loads((recording / "recording.json").read_text())
        self.assertEqual(facts["machine"]["driver"]["devices"][0]["name"], "NVIDIA H200")
        self.assertGreater(len(facts["machine"]["runtime"]["errors"]), 100)
        masks = {row["mask"]: row["uuids"] for row in facts["masks"]}
        self.assertEqual(masks[""], [])
        self.assertEqual(masks["0,0"], [])
        self.assertEqual(masks[None], masks["0"])
        self.assertEqual(facts["checkpoints"], ["script-cuda0", "state-dict-cuda0"])
        self.assertEqual({row["cache"] for row in facts["transfers"]["rows"]}, {"cold", "warm"})
        self.assertEqual(facts["transfers"]["left_out"], [])

        header, cases, footer = self.results("recording/results.ndjson")
        by_id = {case["id"]: case for case in cases}
        self.assertEqual(footer["as_expected"], 4, [case["differences"] for case in cases])
        gone = by_id["c3-gpu-gone/state-dict-cuda0/no-driver/python/map-location=cpu"]
        self.assertEqual(gone["skipped_because"],
                         "needs a host without a driver; this machine has one")
        onto = by_id["c5-mismatches/state-dict-cuda0/1xt4/python/map-location=cuda:0"]
        self.assertFalse(onto["observation"]["simulated"])
        self.assertEqual(onto["ran_on"], "here")
        load = onto["observation"]["flight"]["devices"][0]["load"]  # as the recorder counted
        weights = sum(tensor["bytes"] for tensor in onto["observation"]["tensors"])
        self.assertGreater(load["host_to_device_bytes"], 0)
        self.assertLessEqual(load["host_to_device_bytes"], weights)
        copies = [call for call in self.calls(recording)[onto["id"]] if call[0] == "cudaMemcpyAsync" and call[1] == 1]
        self.assertEqual(sum(call[3] for call in copies), load["host_to_device_bytes"])

        said = self.expect(AS_EXPECTED, "agree", "recording", "--json", "agree.json", **environment)
        agreement = json.loads((self.folder / "agree.json").read_text())
        self.assertEqual(agreement["differences"], [])
        self.assertEqual(agreement["compared"], agreement["agreed"])
        for aspect in ("device", "error text", "mask", "behaviour", "tags", "weights", "outcome", "devices",
                       "bytes", "moved", "operations", "calls"):
            self.assertGreater(agreement["aspects"][aspect]["compared"], 0, aspect)
        self.assertIn("agreement 100.0 %", said.stdout)
        self.pages_show(recording)

    def pages(self, recording):
        """The reference pages with that recording: matrix.md, hardware.md, site/matrix.html."""
        out = self.folder / "pages"
        self.expect(AS_EXPECTED, "docs", "--recordings", recording.parent, "-o", out)
        return [(out / name).read_text() for name in ("matrix.md", "hardware.md", "site/matrix.html")]

    def pages_show(self, recording):
        (self.folder / "recordings").mkdir()
        recording = recording.rename(self.folder / "recordings/posing")
        matrix, hardware, site = self.pages(recording)
        # Confirmed is what ran there, and nothing else.
        self.assertRegex(matrix, r"(?m)^\| `map-location=cuda:0` .*\| ✓ ● \|")
        self.assertEqual(matrix.count("●"), 2)  # the legend and the one cell of the matrix that ran
        self.assertEqual(site.count("data-hardware"), 1)
        self.assertEqual(site.count('name="hardware"'), 1)
        self.assertIn("the same on NVIDIA H200", site)
        self.assertRegex(hardware, r"loads with PyTorch 2.11.0 behind these pages 4 came out the same on hardware")
        self.assertIn("None came out otherwise.", hardware)
        # Times stand beside the bytes that were counted, under the name of the hardware.
        self.assertIn("## NVIDIA H200", hardware)
        kept = (SOURCE / "fixtures/golden/results/2.11.0.ndjson").read_text().splitlines()
        case = next(json.loads(line) for line in kept
                    if '"id":"matrix/state-dict-cuda0/2xh200/python/map-location=cuda:0"' in line)
        counted = case["observation"]["flight"]["devices"][0]["load"]["host_to_device_bytes"]
        self.assertRegex(hardware, r"\| 1\.0 MiB \| `torch\.load\(f, map_location='cuda:0'\)` \| "
                                   rf"\d+\.\d{{4}} \| \d+\.\d{{4}} \| {counted:,} \| 0 \| 0 \|")
        # Had the hardware done otherwise, the pages would say so.
        results = recording / "results.ndjson"
        lines = results.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if '"id":"matrix/' in line)
        case = json.loads(lines[at])
        case["observation"].update(outcome="raised", error={"type": "X", "text": "CUDA out of memory", "whole":
                                                            "CUDA out of memory"})
        lines[at] = json.dumps(case)
        results.write_text("\n".join(lines) + "\n")
        matrix, hardware, site = self.pages(recording)
        self.assertRegex(matrix, r"\| ✓ ○ \|")
        self.assertIn("○ otherwise on hardware", site)
        self.assertRegex(hardware, "`matrix/state-dict-cuda0/1xh200/python/map-location=cuda:0` by .*: on NVIDIA "
                                   "H200: raised out-of-memory")

    def test_one_wrong_bit_of_the_hardware_is_found_and_named(self):
        good = self.pose("good")
        recording = self.record(self.pose("bad", FLIP_FIRST_COPY))
        said = self.expect(FINDING, "agree", "recording", "--json", "agree.json", **good)
        agreement = json.loads((self.folder / "agree.json").read_text())
        differing = {(row["aspect"], row["subject"]) for row in agreement["differences"]}
        onto = "c5-mismatches/state-dict-cuda0/1xt4/python/map-location=cuda:0"
        self.assertIn(("bytes", onto), differing)
        self.assertNotIn(("outcome", onto), differing)  # nobody reported it: that is the point
        self.assertIn(f"bytes of {onto}", said.stdout)
        # Once somebody has said why, it is no finding any more.
        explained = [{key: row[key] for key in ("aspect", "subject")} | {"why": "a bit was flipped"}
                     for row in agreement["differences"]]
        (recording / "explained.yaml").write_text(json.dumps(explained))  # JSON is YAML
        said = self.expect(AS_EXPECTED, "agree", "recording", **good)
        self.assertIn("0 of them unexplained", said.stdout)
        self.assertIn("because a bit was flipped", said.stdout)

    def test_launches_are_recorded_as_the_compiler_of_any_cuda_makes_them(self):
        """PyTorch for CUDA 13 calls no cudaLaunchKernel but __cudaLaunchKernel. The posing host computes
        nothing: the launch is seen, and fails."""
        case = "frozen-constants/frozen-cpu/1xh200/python/map-location=cuda:0+call=cuda:0"
        recording = self.record(self.pose("h200"), choice=["--filter", case], largest="0")
        launches = [call for call in self.calls(recording)[case] if call[0] == "cudaLaunchKernel"]
        self.assertEqual(launches, [["cudaLaunchKernel", 4, 0, 0, 801]])  # cudaErrorNotSupported

    def test_scenarios_and_own_checkpoints_run_here(self):
        environment = self.pose("h200")
        self.expect(AS_EXPECTED, "run", "--host", "here", "--json", "here.ndjson", *CHOICE,
                    **environment)
        _, cases, footer = self.results("here.ndjson")
        self.assertEqual((footer["as_expected"], footer["skipped"]), (4, 2))
        self.assertTrue(all(not case["observation"]["simulated"] for case in cases
                            if case["verdict"] == "as expected"))
        made = self.expect(AS_EXPECTED, "make", "state-dict-cuda0", **environment)
        checkpoint = made.stdout.strip()
        said = self.expect(AS_EXPECTED, "run", "--checkpoint", checkpoint, "--host", "here",
                           "--host", "here@empty", "--host", "no-driver", "--json", "own.ndjson",
                           **environment)
        self.assertIn("here@empty", said.stdout)
        _, cases, _ = self.results("own.ndjson")
        self.assertEqual({(case["host"], case["observation"]["simulated"]) for case in cases
                          if case["verdict"] == "as expected"},
                         {("here", False), ("no-driver", True)})

    def test_only_what_a_scheduler_allows_is_used(self):
        """As Slurm does, without cgroups: eight GPUs are there, and two of them are this job's."""
        environment = self.pose("eight", gpus=8) | {"CUDA_VISIBLE_DEVICES": "5,2"}
        made = self.expect(AS_EXPECTED, "make", "state-dict-cuda0", **environment)
        said = self.expect(AS_EXPECTED, "run", "--checkpoint", made.stdout.strip(), "--host", "here",
                           "--host", "here@1", "--host", "here@2", "--strategy", "map-location=cuda:0",
                           "--runtime", "python", "--json", "own.ndjson", **environment)
        self.assertIn("this machine: 2 GPU", said.stderr)
        cases = {case["mask"]: case["observation"] for case in self.results("own.ndjson")[1]}

        def touched(observation):  # positions among the job's own GPUs
            return [number for number, phases in enumerate(observation["flight"]["devices"])
                    if any(counts["host_to_device_bytes"] for counts in phases.values())]
        self.assertEqual(touched(cases[None]), [0])
        self.assertEqual(touched(cases["1"]), [1])  # the job's second GPU, the machine's third
        self.assertEqual(cases["2"]["outcome"], "raised")  # the machine's third GPU is not asked

    def test_a_machine_without_a_gpu_has_nothing_to_record(self):
        done = self.expect(CANNOT_RUN, "calibrate", "--out", "recording")
        self.assertRegex(done.stderr, r"no GPU \(libcuda.so.1: .*\); nothing to record")

    def test_what_is_no_recording_is_told(self):
        (self.folder / "empty").mkdir()
        done = self.expect(WRONG_USE, "agree", "empty")
        self.assertIn("empty/recording.json", done.stderr)

    def test_the_script_packs_a_kit_and_records_with_it(self):
        environment = self.environment(**self.pose("h200"))
        kit = self.folder / "kit"
        self.run_script(environment, "--pack", kit)
        megabytes = sum(file.stat().st_size for file in kit.rglob("*") if file.is_file()) >> 20
        self.assertLess(megabytes, 64)
        # With the PyTorch of this machine, which has no GPU: it gets as far as asking for one.
        python = next(row for row in json.loads(RUNTIMES.read_text()) if row["family"] == "python")
        done = self.run_script(self.environment(PYTHONPATH=python["environment"]["PYTHONPATH"]),
                               "--kit", kit, "--python", python["loader"][0], code=CANNOT_RUN)
        self.assertIn(f"PyTorch {python['version']} of {python['loader'][0]}", done.stdout)
        self.assertIn("nothing to record", done.stderr)
        data = pathlib.Path(environment["PORTCULLIS_DATA"])
        (kit / "runtimes.json").write_text((data / "runtimes.json").read_text())
        archive = self.folder / "recording.tar.xz"
        self.run_script(environment, "--kit", kit, "--out", archive, "--largest-transfer", "0",
                        *CHOICE)
        with tarfile.open(archive) as tar:
            names = {name.removeprefix("recording/") for name in tar.getnames()}
        self.assertEqual({"", "recording.json", "results.ndjson", "calls.ndjson", "checkpoints.tar.xz"},
                         {"" if name == "recording" else name for name in names})
        said = self.expect(AS_EXPECTED, "agree", archive, **self.pose("again"))
        self.assertIn("agreement 100.0 %", said.stdout)
        archive.write_bytes(archive.read_bytes()[:1000])
        said = self.expect(WRONG_USE, "agree", archive)
        self.assertIn("recording.tar.xz: cannot be unpacked", said.stderr)


if __name__ == "__main__":
    unittest.main()
