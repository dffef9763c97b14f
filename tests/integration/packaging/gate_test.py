"""find_package(Portcullis) and portcullis_add_gate(), from an install tree."""

import pathlib
import shutil
import unittest

from installed import GOLDEN, InstalledTest


class GateTest(InstalledTest):
    def test_the_example_project_uses_the_installed_program(self):
        project = self.folder / "project"
        shutil.copytree(pathlib.Path(__file__).parent / "gate", project)
        (project / "weights").mkdir()
        shutil.copy(GOLDEN / "zip-cpu.pt", project / "weights/cpu.pt")
        shutil.copy(GOLDEN / "zip-cuda0.pt", project / "weights/cuda.pt")
        self.expect(0, "cmake", "-S", project, "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        done = self.run_in("ctest", "--test-dir", "build", "--output-on-failure")
        self.assertEqual(done.returncode, 8, done.stdout)  # ctest: a test failed
        for name, outcome in (("saved-from-cpu", "Passed"), ("saved-from-gpu", "***Failed"),
                              ("saved-from-gpu-on-gpus", "Passed"), ("mapped", "Passed")):
            self.assertRegex(done.stdout, rf"{name} \.+ *{outcome.replace('*', '[*]')}")
        self.assertIn("raises deserialize-no-cuda in load", done.stdout)

    def test_a_wrong_word_is_told_when_cmake_runs(self):
        project = self.folder / "project"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES NONE)\n"
            "find_package(Portcullis REQUIRED)\nportcullis_add_gate(CHECKPOINTS b)\n")
        done = self.run_in("cmake", "-S", project, "-B", "build",
                           f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("needs NAME and CHECKPOINTS", done.stderr)


if __name__ == "__main__":
    unittest.main()
