# A run on a real Slurm of two nodes on this machine (ci/slurm/demo): a shard is preempted, the rest
# goes on, the merged results are those of a run without Slurm. Skipped where Slurm is not installed.
import os
import shutil
import subprocess
import sys
import unittest

SOURCE = os.environ["PORTCULLIS_SOURCE"]
PATH = os.environ["PATH"] + ":/usr/sbin"
MISSING = [tool for tool in ("slurmctld", "slurmd", "sbatch", "munged")
           if shutil.which(tool, path=PATH) is None]


@unittest.skipIf(MISSING, f"Slurm is not installed: no {', '.join(MISSING)}")
class Slurm(unittest.TestCase):
    def test_the_demonstration(self):
        done = subprocess.run(
            [f"{SOURCE}/ci/slurm/demo", "--shards", "3", "--filter", "/archive-cuda0/",
             "--runtime", "cpp"],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "3"},  # of no meaning on simulated hosts
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1100)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("back into the queue", done.stdout)
        self.assertIn("the same results, byte for byte but for times and arguments", done.stdout)


if __name__ == "__main__":
    # Exit code 77 is a skip to CTest, by the name of what is missing.
    if MISSING:
        print(f"skipped: Slurm is not installed: no {', '.join(MISSING)}")
        sys.exit(77)
    unittest.main()
