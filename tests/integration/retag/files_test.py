# portcullis retag as a careful tool: links, modes, owners, full disks, other programs, and what it
# says. Nothing here needs PyTorch.
import fcntl
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import threading
import unittest

from program import (CANNOT_RUN, FINDING, PROGRAM, WRONG_USE, RetagTest)

TO_CPU = ("--to", "cpu", "--in-place")
APPENDED, REWRITTEN = "zip-cuda0.pt", "legacy-cuda0.pt"


class Files(RetagTest):
    def tags(self, path):
        done = subprocess.run([PROGRAM, "inspect", "--json", path], capture_output=True, check=True)
        return {storage["device"] for storage in json.loads(done.stdout)["storages"]}

    def test_symbolic_links_are_followed_and_stay(self):
        for name in (APPENDED, REWRITTEN):
            path = self.golden(name)
            link = self.folder / ("link-" + name)
            link.symlink_to(path.name)
            self.retag(link, *TO_CPU)
            self.assertTrue(link.is_symlink())
            self.assertEqual(self.tags(path), {"cpu"})
            self.retag(link, "--undo")
            self.assertTrue(link.is_symlink())
            self.assertEqual(self.tags(path), {"cuda:0"})

    def test_a_link_as_output_stays(self):
        old, target = self.golden(APPENDED), self.golden(REWRITTEN)
        link = self.folder / "link"
        link.symlink_to(target.name)
        self.retag(old, "--to", "cpu", "-o", link, "--force")
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.tags(target), {"cpu"})

    def test_hard_links_stay_or_are_refused(self):
        path = self.golden(APPENDED)
        os.link(path, self.folder / "second")
        self.retag(path, *TO_CPU)
        self.assertEqual(self.tags(self.folder / "second"), {"cpu"})
        path = self.golden(REWRITTEN)
        os.link(path, self.folder / "third")
        said = self.retag(path, *TO_CPU, code=WRONG_USE)
        self.assertIn("2 names (hard links)", said)
        self.assertIn("-o", said)
        self.assertEqual(self.tags(path), {"cuda:0"})

    def test_mode_owner_attributes_and_time(self):
        for name in (APPENDED, REWRITTEN):
            path = self.golden(name)
            path.chmod(0o640)
            if os.geteuid() == 0:
                os.chown(path, 1234, 4321)
            try:
                os.setxattr(path, "user.note", b"mine")
                has_attribute = True
            except OSError:
                has_attribute = False
            os.utime(path, (1, 1))
            before = path.stat()
            self.retag(path, *TO_CPU)
            after = path.stat()
            self.assertEqual((after.st_mode, after.st_uid, after.st_gid),
                             (before.st_mode, before.st_uid, before.st_gid))
            self.assertGreater(after.st_mtime, before.st_mtime)
            self.assertEqual(after.st_ino == before.st_ino, name == APPENDED)
            if has_attribute:
                self.assertEqual(os.getxattr(path, "user.note"), b"mine")

    def test_a_new_file_has_the_mode_less_the_umask(self):
        path = self.golden(APPENDED)
        path.chmod(0o666)
        self.retag(path, "--to", "cpu", "-o", "new.pt", umask=0o027)
        self.assertEqual(stat.S_IMODE((self.folder / "new.pt").stat().st_mode), 0o640)

    def test_read_only_files_are_left_alone(self):
        more = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        self.folder.chmod(0o777)
        program = shutil.copy(PROGRAM, self.folder / "program")
        for name in (APPENDED, REWRITTEN):
            path = self.golden(name)
            path.chmod(0o444)
            before = path.read_bytes()
            done = subprocess.run([program, "retag", path, *TO_CPU], capture_output=True, text=True,
                                  check=False, **more)
            self.assertEqual(done.returncode, CANNOT_RUN, done.stderr)
            self.assertRegex(done.stderr, "cannot write '.*': Permission denied")
            self.assertEqual(path.read_bytes(), before)

    def test_without_space_nothing_changes(self):
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        for name in (APPENDED, REWRITTEN):
            path = self.golden(name)
            before = path.read_bytes()
            limit = len(before) + 100 if name == APPENDED else 600
            for arguments in (TO_CPU, ("--to", "cpu", "-o", "new.pt")):
                said = self.retag(path, *arguments, code=CANNOT_RUN, preexec_fn=limited)
                self.assertRegex(said, "cannot (write|cut) '.*': File too large")
                self.assertEqual(path.read_bytes(), before)
                self.assertEqual([file.name for file in self.folder.iterdir()], [name])
            path.unlink()

    def test_on_a_full_disk_nothing_changes(self):
        """On a small file system of the test's own, filled up behind the checkpoint."""
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec",
                 'mount -t tmpfs -o size=64k tmpfs "$0"; cd "$0"; [ $# = 0 ] || '
                 '{ cp "$1" a.pt; cat /dev/zero > fill || true; shift; "$@" || echo "exit $?"; '
                 'ls -A; cat a.pt >&2; }', disk]
        tried = subprocess.run(mount, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"may not mount a file system here: {tried.stderr.strip()}")
        for name in (APPENDED, REWRITTEN):
            path = self.golden(name)
            for arguments in (TO_CPU, ("--to", "cpu", "-o", "b.pt")):
                done = subprocess.run([*mount, path, PROGRAM, "retag", "a.pt", *arguments],
                                      capture_output=True, check=False)
                self.assertEqual(done.stdout.split(), [b"exit", b"%d" % CANNOT_RUN, b"a.pt", b"fill"])
                self.assertRegex(done.stderr, b"cannot (write|cut) '.*': No space left on device")
                self.assertTrue(done.stderr.endswith(path.read_bytes()), "a.pt is not what it was")

    def test_a_locked_file_is_left_alone(self):
        path = self.golden(APPENDED)
        before = path.read_bytes()
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            said = self.retag(path, *TO_CPU, code=CANNOT_RUN)
        self.assertIn("locked by another program", said)
        self.assertEqual(path.read_bytes(), before)

    def test_two_at_once(self):
        """One of them may find the file locked or changed; the file is one of the two results."""
        path = self.golden(APPENDED)
        runs = [threading.Thread(target=lambda device=device: subprocess.run(
            [PROGRAM, "retag", path, "--to", device, "--in-place"], check=False,
            capture_output=True)) for device in ("cpu", "cuda:1", "cuda:2", "cuda:3")]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        self.assertEqual(len(self.tags(path)), 1)
        self.assertIn(self.tags(path).pop(), ("cpu", "cuda:1", "cuda:2", "cuda:3"))

    def test_existing_output(self):
        path, other = self.golden(APPENDED), self.golden(REWRITTEN)
        said = self.retag(path, "--to", "cpu", "-o", other, code=WRONG_USE)
        self.assertIn("exists already", said)
        self.assertEqual(self.tags(other), {"cuda:0"})
        said = self.retag(path, "--to", "cpu", "-o", path, "--force", code=WRONG_USE)
        self.assertIn("--in-place", said)
        self.retag(path, "--to", "cpu", "-o", other, "--force")
        self.assertEqual(self.tags(other), {"cpu"})

    def test_several_files(self):
        self.golden("sharded/model.index.json")
        self.golden("weights.safetensors")
        said = self.retag("sharded/model.index.json", "weights.safetensors", *TO_CPU,
                          code=WRONG_USE)
        self.assertIn("part-1.bin: zip, 2 tags changed", said)
        self.assertIn("safetensors, which name no device", said)
        said = self.retag("sharded/model.index.json", "--undo")
        said = self.retag("sharded/model.index.json", "--to", "cpu", "-o", "x", code=WRONG_USE)
        self.assertIn("expected an existing folder for the 2 files", said)
        (self.folder / "x").mkdir()
        self.retag("sharded/model.index.json", "--to", "cpu", "-o", "x")
        self.assertEqual(self.tags(self.folder / "x/part-2.bin"), {"cpu"})
        self.assertNotIn("cpu", self.tags(self.folder / "sharded/part-2.bin"))

    def test_a_dry_run_writes_nothing(self):
        path = self.golden("zip-training.pt")
        before = path.read_bytes()
        said = self.retag(path, "--to", "cpu", "--dry-run")
        self.assertIn("12 tags would change", said)
        self.assertIn("cuda:0 → cpu", said)
        self.assertIn("cuda:2 stays: a value that reads like a device", said)
        self.assertIn("nothing was written", said)
        shown = json.loads(self.retag(path, "--to", "cpu", "--dry-run", "--json"))
        self.assertEqual(len(shown["changes"]), 12)
        for change in shown["changes"]:
            self.assertEqual((change["from"], change["to"]), ("cuda:0", "cpu"))
            text = before[before.find(b"\x80\x02"):][change["offset"]:]
            self.assertTrue(text.startswith(b"cuda:0"), "the offset is that of the tag")
        self.assertEqual(len(shown["kept"]), 5)
        self.assertFalse(shown["written"])
        self.assertEqual(path.read_bytes(), before)

    def test_nothing_to_change(self):
        path = self.golden("zip-cpu.pt")
        before = path.read_bytes()
        self.assertIn("no tag to change (its tags: cpu)", self.retag(path, *TO_CPU))
        said = self.retag(path, "--map", "cuda:1=cpu", "--in-place", code=FINDING)
        self.assertIn("its tags: cpu", said)
        self.assertEqual(path.read_bytes(), before)
        said = self.retag(path, "--undo", code=WRONG_USE)
        self.assertIn("found nothing to undo", said)

    def test_wrong_use(self):
        path = self.golden(APPENDED)
        for arguments, words in (
                ((), "expected --to cpu, --map cuda:1=cuda:0 or --undo"),
                (("--to", "cpu"), "expected --in-place, -o FILE or --dry-run"),
                (("--to", "gpu", "--in-place"), "found 'gpu', expected a device"),
                (("--map", "cuda:0", "--in-place"), "expected a pair of devices"),
                (("--to", "cpu", "--map", "cuda:0=cpu", "--in-place"), "excludes"),
                (("--to", "cpu", "--in-place", "-o", "x"), "excludes"),
                (("--to", "cpu", "--in-plac"), "did you mean '--in-place'")):
            said = self.retag(path, *arguments, code=WRONG_USE)
            self.assertIn(words, said)
        self.assertEqual(self.tags(path), {"cuda:0"})
        self.retag("missing.pt", *TO_CPU, code=WRONG_USE)


if __name__ == "__main__":
    unittest.main()
