"""The wheel, built by pip as a user builds it, in fresh virtual environments beside two versions of
PyTorch: one of CUDA 13 and one of CUDA 12. First on a machine without a compiler, then with one."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import from_pypi

SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
GOLDEN = SOURCE / "fixtures/golden/checkpoints"
VERSIONS = ("2.11.0", "2.6.0")
# All that a machine without a compiler has on PATH here.
FEW_TOOLS = ("bash", "sh", "ldd", "cat", "sed", "sort", "uname", "ls", "env")


def compiler_of_the_build():
    """So that what the build compiled comes out of ccache."""
    for line in (from_pypi.BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return {"CXX": line.partition("=")[2]}
    return {}


class WheelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from_pypi.require_pypi()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-wheel-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        done = subprocess.run([SOURCE / "ci/wheel", cls.folder], capture_output=True, text=True,
                              env=os.environ | compiler_of_the_build())
        assert done.returncode == 0, done.stdout + done.stderr
        cls.wheel, = cls.folder.glob("portcullis-*.whl")
        cls.tools = cls.folder / "tools"
        cls.tools.mkdir()
        for tool in FEW_TOOLS:
            (cls.tools / tool).symlink_to(shutil.which(tool))

    def fresh(self, name, *beside):
        """A new environment with the wheel; its own cache, too."""
        environment = from_pypi.Environment(self.folder / name)
        environment.install("--no-deps", self.wheel)
        environment.put_beside(*beside)
        self.addCleanup(shutil.rmtree, environment.folder, ignore_errors=True)
        return environment

    def call(self, code, environment, *words, compiler=False, **more):
        path = os.environ["PATH"] if compiler else str(self.tools)
        home = environment.folder / "home"
        home.mkdir(exist_ok=True)
        done = subprocess.run([str(word) for word in words], cwd=home, text=True, capture_output=True,
                              env={"PATH": f"{environment.folder / 'bin'}:{path}", "HOME": str(home),
                                   "LANG": "C.UTF-8"} | more)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done

    def test_it_is_small_and_has_both_runtimes_and_no_libtorch(self):
        self.assertLess(self.wheel.stat().st_size, 20_000_000)
        with zipfile.ZipFile(self.wheel) as wheel:
            names = wheel.namelist()
        for part in ("bin/portcullis", "libcudart.so.12", "libcudart.so.13", "loader/loader.py",
                     "fixtures/hosts/2xh200.yaml", "claims/c3-gpu-gone.yaml",
                     "portcullis_pytest/__init__.py"):
            self.assertTrue(any(name.endswith(part) for name in names), part)
        self.assertFalse([name for name in names if "torch" in name.rpartition("/")[2]
                          and ".so" in name])

    def test_without_a_compiler_it_loads_with_either_pytorch(self):
        for version in VERSIONS:
            with self.subTest(torch=version):
                self.without_a_compiler(version, self.fresh(version, from_pypi.torch_folder(version)))

    def without_a_compiler(self, version, fresh):
        done = self.call(1, fresh, "portcullis", "check", GOLDEN / "zip-cuda0.pt")
        self.assertIn("torch.load(path, map_location='cpu')", done.stdout)
        self.call(0, fresh, "portcullis", "run", "--json", "results.ndjson",
                  "--filter", "c3-gpu-gone/state-dict-cuda0/no-driver/python/*map-location=cpu",
                  "--filter", "c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1")
        lines = (fresh.folder / "home/results.ndjson").read_text().splitlines()
        cases = [json.loads(line) for line in lines[1:-1]]
        self.assertEqual({case["verdict"] for case in cases}, {"as expected"})
        self.assertEqual({case["runtime"] for case in cases}, {f"python-{version}"})
        script = "import torch; print(torch.__version__, torch.ones(3).to('cuda:1').device)"
        done = self.call(0, fresh, "portcullis", "exec", "--host", "2xh200", "--", "python", "-W",
                         "ignore", "-c", script)
        self.assertRegex(done.stdout, rf"^{version}\+cu\d+ cuda:1\n$")
        self.call(0, fresh, "portcullis", "retag", GOLDEN / "zip-cuda0.pt", "--to", "cpu",
                  "-o", "cpu.pt")
        self.call(0, fresh, "portcullis", "check", "cpu.pt")
        done = self.call(0, fresh, "portcullis", "repro", "deserialize-no-cuda")
        self.assertIn('map_location="cpu"', done.stdout)
        if version == VERSIONS[0]:
            self.what_needs_a_compiler_says_so(fresh)

    def what_needs_a_compiler_says_so(self, fresh):
        done = self.call(3, fresh, "portcullis", "exec", "--compute", "--host", "1xt4", "--",
                         "python", "-c", "")
        self.assertIn("needs a C++ compiler (Debian: g++)", done.stderr)
        done = self.call(0, fresh, "portcullis", "run", "--filter",
                         "c3-gpu-gone/archive-cuda0/no-driver/cpp")
        self.assertRegex(done.stderr, r"the C\+\+ loaders .* cannot be made: needs a C\+\+ compiler")
        self.assertRegex(done.stdout, r", [1-9]\d* skipped")

    def test_with_a_compiler_the_rest_is_made_when_it_is_first_wanted(self):
        version = VERSIONS[0]
        fresh = self.fresh("with-compiler", from_pypi.torch_folder(version))
        compute = ["portcullis", "exec", "--compute", "--host", "1xt4", "--", "python", "-W", "ignore",
                   "-c", "import torch; print((torch.ones(3, device='cuda') * 2).sum().item())"]
        done = self.call(0, fresh, *compute, compiler=True)
        self.assertIn("once", done.stderr)
        self.assertEqual(done.stdout, "6.0\n")
        done = self.call(0, fresh, *compute)  # it is in the cache now: no compiler
        self.assertEqual((done.stdout, done.stderr), ("6.0\n", ""))
        run = ["portcullis", "run", "--json", "cpp.ndjson", "--filter",
               "c3-gpu-gone/archive-cuda0/no-driver/cpp"]
        done = self.call(0, fresh, *run, compiler=True)
        self.assertIn("making the C++ loaders", done.stderr)
        lines = (fresh.folder / "home/cpp.ndjson").read_text().splitlines()
        cases = [json.loads(line) for line in lines[1:-1]]
        self.assertEqual({case["runtime"] for case in cases},
                         {f"cpp-{version}", f"cpp-{version}-cpu"})
        self.assertEqual({case["verdict"] for case in cases}, {"as expected"})
        self.assertNotIn("making", self.call(0, fresh, *run).stderr)

    def test_without_a_pytorch_it_says_what_to_install(self):
        fresh = self.fresh("bare")
        self.call(1, fresh, "portcullis", "check", GOLDEN / "zip-cuda0.pt")
        for words in (("run",), ("run", "--checkpoint", GOLDEN / "zip-cuda0.pt"),
                      ("check", "--confirm", GOLDEN / "zip-cuda0.pt")):
            done = self.call(3, fresh, "portcullis", *words)
            self.assertIn("bin/python3 -m pip install torch' installs one", done.stderr)

    def test_its_pytest_plugin_loads_itself(self):
        fresh = self.fresh("pytest", from_pypi.torch_folder(VERSIONS[0]),
                           from_pypi.folder_with("pytest", "pytest", "pytest-xdist"))
        (fresh.folder / "home").mkdir()
        (fresh.folder / "home/test_suite.py").write_text(
            "import pytest\n"
            "def test_gpu():\n    import torch\n    assert torch.ones(2).cuda().is_cuda\n"
            "@pytest.mark.portcullis('2xh200')\n"
            "def test_two(portcullis_flight):\n"
            "    import torch\n    assert torch.cuda.device_count() == 2\n")
        here = self.call(1, fresh, "python", "-m", "pytest", "-q")  # one runs on no host
        self.assertIn("1 failed, 1 passed", here.stdout)
        there = self.call(0, fresh, "python", "-m", "pytest", "-q", "--portcullis-host", "1xt4",
                          "-k", "test_gpu")
        self.assertIn("1 passed", there.stdout)

    def test_the_jobs_of_github_and_gitlab_install_it_with_their_own_lines(self):
        action = (SOURCE / "ci/github/action.yml").read_text()
        job = (SOURCE / "ci/gitlab/portcullis.yml").read_text()
        lines = {"github": re.search(r"run: (python3 -m pip install .*)", action)[1],
                 "gitlab": re.search(r"- '(.* python3 -m pip install .*)'", job)[1]}
        for name, line in lines.items():
            with self.subTest(job=name):
                fresh = from_pypi.Environment(self.folder / name)
                fresh.install("pip")
                self.call(0, fresh, "bash", "-e", "-c", line, compiler=True,
                          PORTCULLIS_INSTALL=str(self.wheel))
                self.call(0, fresh, "portcullis", "check", GOLDEN / "zip-cpu.pt")
                self.assertTrue((fresh.folder / "bin/portcullis-check-changed").exists())

    def test_pip_builds_with_the_headers_of_the_runtimes(self):
        project = (SOURCE / "pyproject.toml").read_text()
        rows = json.loads((SOURCE / "ci/runtimes.json").read_text())
        for headers in {row["cudart_headers"] for row in rows if row["cuda"]}:
            self.assertIn(f'"{headers}"', project)


if __name__ == "__main__":
    unittest.main()
