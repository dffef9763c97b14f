"""The pytest plugin under the real pytest, with the real PyTorch on simulated hosts. pytest and
xdist come from PyPI, once for the build."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import from_pypi

BUILD = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
SITE = BUILD / "packaging/pytest"

SUITE = """
    import pytest
    torch = pytest.importorskip("torch")

    def test_here_is_no_gpu():
        assert not torch.cuda.is_available()

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
    def test_that_needs_a_gpu():
        assert torch.ones(3).to("cuda").device.type == "cuda"

    @pytest.mark.portcullis(host="2xh200")
    def test_on_two_gpus():
        assert torch.cuda.device_count() == 2
        assert torch.cuda.get_device_name(1) == "NVIDIA H200"

    @pytest.mark.portcullis(host="2xh200", mask="1")
    def test_a_load_touches_one_gpu_only(portcullis_flight, tmp_path):
        torch.save(torch.zeros(1000), tmp_path / "w.pt")
        torch.load(tmp_path / "w.pt", map_location="cuda:0")
        assert portcullis_flight.touched() == {1}
        assert portcullis_flight.copied("h2d") == portcullis_flight.copied("h2d", gpu=1) == 4000
        portcullis_flight.forget()
        assert portcullis_flight.copied("h2d") == 0

    @pytest.mark.portcullis(host="1xt4", faults=["oom@malloc"])
    def test_out_of_memory_is_reported():
        with pytest.raises(torch.OutOfMemoryError):
            torch.zeros(10).to("cuda")
"""

BAD = """
    import os
    import signal
    import pytest

    @pytest.mark.portcullis(host="1xt4")
    def test_that_fails():
        weights = "on the wrong device"
        assert weights == "on the right one", "said by the test"

    @pytest.mark.portcullis(host="1xt4")
    def test_that_dies():
        os.kill(os.getpid(), signal.SIGKILL)

    @pytest.mark.portcullis(host="1xt4")
    def test_that_skips():
        pytest.skip("because it says so")

    @pytest.mark.portcullis(hots="1xt4")
    def test_with_a_typing_mistake():
        pass
"""


class PytestTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from_pypi.folder_with("pytest", "pytest", "pytest-xdist")  # SITE

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-pytest-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def pytest(self, suite, *words):
        (self.folder / "test_suite.py").write_text(textwrap.dedent(suite))
        path = [SITE, SOURCE / "harness/pytest", BUILD / "runtimes/2.11.0"]
        # The build's PyTorch has no CUDA libraries beside it; without a host the stand-ins say that
        # there is no driver.
        environment = os.environ | {"PYTHONPATH": ":".join(map(str, path)),
                                    "LD_LIBRARY_PATH": str(BUILD / "standins/2.11.0"),
                                    "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run([sys.executable, "-m", "pytest", "-p", "portcullis_pytest", *words],
                              cwd=self.folder, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def outcomes(self, text):
        """{"passed": 4, "skipped": 1} of pytest's last line."""
        return {word: int(number) for number, word in
                re.findall(r"(\d+) (passed|failed|skipped|error)", text.splitlines()[-1])}

    def test_marked_tests_run_on_their_hosts_and_the_others_here(self):
        code, text = self.pytest(SUITE, "-v")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.outcomes(text), {"passed": 4, "skipped": 1}, text)
        self.assertRegex(text, r"test_on_two_gpus PASSED")

    def test_a_whole_suite_runs_on_a_host_and_what_was_skipped_passes(self):
        code, text = self.pytest(SUITE, "--portcullis-host", "2xh200", "-k",
                                 "needs_a_gpu or two_gpus or here_is")
        self.assertEqual(code, 1, text)
        self.assertEqual(self.outcomes(text), {"passed": 2, "failed": 1}, text)
        self.assertIn("FAILED test_suite.py::test_here_is_no_gpu", text)

    def test_with_compute_a_suite_that_needs_kernels_passes(self):
        suite = """
            import pytest
            torch = pytest.importorskip("torch")

            @pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
            def test_kernels():
                assert (torch.ones(3, device="cuda:1") + 1).sum().item() == 6
        """
        for words, outcome in (([], "skipped"), (["--portcullis-host", "2xh200"], "failed"),
                               (["--portcullis-host", "2xh200", "--portcullis-compute"], "passed")):
            code, text = self.pytest(suite, *words)
            self.assertEqual(self.outcomes(text), {outcome: 1}, text)

    def test_what_goes_wrong_in_a_child_comes_back_as_pytests_own(self):
        code, text = self.pytest(BAD)
        self.assertEqual(code, 1, text)
        self.assertIn('assert weights == "on the right one", "said by the test"', text)
        self.assertIn("on the host 1xt4 the test's process ended with 137 before the test did", text)
        self.assertIn("skipped", text)
        self.assertIn("unexpected keyword argument 'hots'", text)

    def test_x_and_xdist_work(self):
        code, text = self.pytest(BAD, "-x", "-k", "fails or dies")
        self.assertEqual(self.outcomes(text), {"failed": 1}, text)
        code, text = self.pytest(SUITE, "-n", "2", "-k", "two_gpus or out_of_memory")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.outcomes(text), {"passed": 2}, text)

    def test_a_program_that_is_not_there_is_named(self):
        code, text = self.pytest(SUITE, "--portcullis-host", "1xt4", "--portcullis-program", "nope")
        self.assertEqual(code, 4, text)
        self.assertIn("found no program 'nope' on PATH", text)


if __name__ == "__main__":
    unittest.main()
