"""What other people's CI takes from us, with the installed program: the script that checks what a
change brings, as GitHub's action and GitLab's job call it, and the hook for pre-commit."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from installed import BUILD, GOLDEN, SOURCE, InstalledTest


class RepositoryTest(InstalledTest):
    """A git repository whose main branch has one good checkpoint."""

    def setUp(self):
        super().setUp()
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("cpu.pt", GOLDEN / "zip-cpu.pt")
        self.base = self.git("rev-parse", "HEAD").stdout.strip()

    def git(self, *words):
        return self.expect(0, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words,
                           cwd=self.repository)

    def commit(self, name, source):
        shutil.copy(source, self.repository / name)
        self.git("add", name)
        self.git("commit", "-qm", f"adds {name}")

    def check(self, code, *words, **more):
        return self.expect(code, SOURCE / "ci/check-changed", *words, cwd=self.repository, **more)


class CheckChangedTest(RepositoryTest):
    def test_only_what_the_change_brings_is_checked(self):
        self.commit("gpu.pt", GOLDEN / "zip-cuda0.pt")
        done = self.check(1, self.base, "--hosts", "no-driver")
        self.assertIn("gpu.pt", done.stdout)
        self.assertNotIn("cpu.pt", done.stdout)
        self.assertIn("gpu.pt", (self.repository / "portcullis.md").read_text())
        self.assertTrue((self.repository / "portcullis.sarif").exists())
        self.check(0, self.base, "--hosts", "1xt4")

    def test_gitlabs_job_finds_the_installed_script(self):
        job = (SOURCE / "ci/gitlab/portcullis.yml").read_text()
        line = next(line for line in job.splitlines() if "check-changed" in line)
        self.commit("gpu.pt", GOLDEN / "zip-cuda0.pt")
        self.expect(1, "bash", "-e", "-c", line.strip().removeprefix("- "), cwd=self.repository,
                    CI_MERGE_REQUEST_DIFF_BASE_SHA=self.base, PORTCULLIS_HOSTS="no-driver")
        self.assertIn("gpu.pt", (self.repository / "portcullis.xml").read_text())

    def test_a_change_without_checkpoints_is_good(self):
        self.commit("notes.txt", pathlib.Path(__file__))
        done = self.check(0, self.base)
        self.assertEqual(done.stdout, "No checkpoint in this change.\n")

    def test_without_a_base_everything_is_checked(self):
        done = self.check(0, "")
        self.assertIn("cpu.pt", done.stdout)

    def test_on_github_a_finding_is_an_annotation(self):
        self.commit("gpu.pt", GOLDEN / "zip-cuda0.pt")
        done = self.check(1, self.base, GITHUB_ACTIONS="true")
        self.assertRegex(done.stdout, r"::error .*file=gpu.pt")

    def test_the_step_of_the_action_writes_the_summary(self):
        self.commit("gpu.pt", GOLDEN / "zip-cuda0.pt")
        step = (SOURCE / "ci/github/action.yml").read_text().partition("run: |\n")[2]
        script = "".join(line[8:] + "\n" for line in step.partition("      env:")[0].splitlines())
        summary = self.folder / "summary.md"
        self.expect(1, "bash", "-e", "-c", script, cwd=self.repository,
                    GITHUB_ACTION_PATH=str(SOURCE / "ci/github"), GITHUB_STEP_SUMMARY=str(summary),
                    PORTCULLIS_BASE=self.base, PORTCULLIS_HOSTS="no-driver", PORTCULLIS_ARGUMENTS="")
        self.assertIn("gpu.pt", summary.read_text())


class PreCommitTest(RepositoryTest):
    """The real pre-commit, from PyPI, installed once for the build."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = BUILD / "packaging/pre-commit"
        if not (cls.site / "bin/pre-commit").exists():
            done = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", cls.site,
                                   "pre-commit"], capture_output=True, text=True)
            if done.returncode != 0:
                raise unittest.SkipTest(f"pre-commit could not be installed: {done.stderr}")

    def test_a_checkpoint_that_needs_a_gpu_is_stopped_at_commit(self):
        (self.repository / ".pre-commit-config.yaml").write_text(
            "repos:\n- repo: local\n  hooks:\n  - "
            + (SOURCE / ".pre-commit-hooks.yaml").read_text().partition("- ")[2].replace("\n", "\n  "))
        shutil.copy(GOLDEN / "zip-cuda0.pt", self.repository / "gpu.pt")
        self.git("add", ".")
        run = [sys.executable, "-m", "pre_commit", "run"]
        site = {"PYTHONPATH": str(self.site), "PRE_COMMIT_HOME": str(self.folder / "home")}
        done = self.expect(1, *run, cwd=self.repository, **site)
        self.assertIn("torch.load(path, map_location='cpu')", done.stdout)
        shutil.copy(GOLDEN / "zip-cpu.pt", self.repository / "gpu.pt")
        self.git("add", ".")
        done = self.expect(0, *run, cwd=self.repository, **site)
        self.assertIn("Passed", done.stdout)


if __name__ == "__main__":
    unittest.main()
