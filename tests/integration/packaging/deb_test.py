"""The Debian package, installed by dpkg where that may be done, else unpacked; run, and removed."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import from_pypi
from wheel_test import GOLDEN, SOURCE, compiler_of_the_build


def may_install():
    """As root, and not over somebody's own."""
    known = subprocess.run(["dpkg-query", "-W", "portcullis"], capture_output=True)
    return os.geteuid() == 0 and known.returncode != 0


class DebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not all(shutil.which(tool) for tool in ("dpkg-deb", "dpkg-shlibdeps", "cpack")):
            raise unittest.SkipTest("dpkg-dev or cmake's cpack is not here")
        from_pypi.require_pypi()  # CUDA's headers
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-deb-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.call(SOURCE / "ci/deb", cls.folder, env=os.environ | compiler_of_the_build())
        cls.package, = cls.folder.glob("*.deb")
        if may_install():
            cls.call("dpkg", "-i", cls.package)
            cls.addClassCleanup(cls.remove)
            cls.usr = pathlib.Path("/usr")
        else:
            cls.call("dpkg-deb", "-x", cls.package, cls.folder / "root")
            cls.usr = cls.folder / "root/usr"

    @classmethod
    def call(cls, *words, code=0, **more):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
        assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
        return done

    @classmethod
    def remove(cls):
        cls.call("dpkg", "--purge", "portcullis")
        assert not pathlib.Path("/usr/share/portcullis").exists(), "dpkg --purge left files behind"

    def run_it(self, *words, code=0):
        environment = {"PATH": f"{self.usr / 'bin'}:/usr/bin:/bin", "HOME": str(self.folder),
                       "PORTCULLIS_PYTHON": sys.executable,
                       "PYTHONPATH": str(from_pypi.torch_folder("2.11.0"))}
        return self.call("portcullis", *words, code=code, env=environment, cwd=self.folder)

    def test_it_reads_loads_and_lends_hosts(self):
        self.assertIn("no-cuda", self.run_it("check", GOLDEN / "zip-cuda0.pt", code=1).stdout)
        done = self.run_it("run", "--filter",
                           "c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1")
        self.assertIn("1 as expected", done.stdout)
        done = self.run_it("exec", "--host", "2xh200", "--", sys.executable, "-c",
                           "import torch; print(torch.cuda.device_count())")
        self.assertEqual(done.stdout, "2\n")

    def test_manual_pages_and_completions_are_where_debian_looks(self):
        for file in ("man/man1/portcullis-run.1", "bash-completion/completions/portcullis",
                     "zsh/vendor-completions/_portcullis", "fish/vendor_completions.d/portcullis.fish"):
            found = [self.usr / "share" / file, self.usr / "share" / f"{file}.gz"]
            self.assertTrue(any(each.exists() for each in found), file)

    def test_what_it_depends_on_is_in_debian(self):
        done = self.call("dpkg-deb", "-f", self.package, "Depends")
        self.assertRegex(done.stdout, r"libc6 .*libmd4c-html0")
        self.assertNotIn("libfmt", done.stdout, "it is a part of the program, for a quick start")
        for dependency in done.stdout.split(","):
            name = dependency.split()[0]
            known = self.call("dpkg-query", "-W", "-f", "${Status}", name)  # the build has them all
            self.assertIn("installed", known.stdout, name)


if __name__ == "__main__":
    unittest.main()
