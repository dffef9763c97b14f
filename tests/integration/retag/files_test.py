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

    def test_shards_are_changed_all_or_none(self):
        index = self.golden("sharded/model.index.json")
        first, second = (index.parent / name for name in ("part-1.bin", "part-2.bin"))
        before = first.read_bytes()
        (self.folder / "new").mkdir()
        missing = second.rename(self.folder / "elsewhere")
        for place in (("--in-place",), ("-o", "new")):
            said = self.retag(index, "--to", "cpu", *place, code=WRONG_USE)
            self.assertIn("part-2.bin: found no readable file (No such file or directory)", said)
            self.assertIn("model.index.json: none of its files was changed", said)
            self.assertNotIn("would change", said)
            shown = self.retag(index, "--to", "cpu", *place, "--json", code=WRONG_USE)
            self.assertEqual([json.loads(line)["written"] for line in shown.splitlines()],
                             [False, False])
            self.assertEqual(first.read_bytes(), before)
            self.assertEqual(list((self.folder / "new").iterdir()), [])
        missing.rename(second)
        with second.open("rb") as file:  # found only when it is to be written
            fcntl.flock(file, fcntl.LOCK_EX)
            for place in (("--in-place",), ("-o", "new")):
                said = self.retag(index, "--to", "cpu", *place, code=CANNOT_RUN)
                self.assertIn("locked by another program", said)
                self.assertEqual(first.read_bytes(), before)
                self.assertEqual(list((self.folder / "new").iterdir()), [])
        (self.folder / "new/model.index.json").touch()
        said = self.retag(index, "--to", "cpu", "-o", "new", code=WRONG_USE)
        self.assertIn("new/model.index.json' exists already", said)
        self.assertEqual(len(list((self.folder / "new").iterdir())), 1)

    def test_shards_that_were_not_changed_have_nothing_to_undo(self):
        index = self.golden("sharded/model.index.json")
        before = {shard: shard.read_bytes() for shard in index.parent.glob("part-*")}
        self.retag(index, "--map", "cuda:1=cpu", "--in-place")
        said = self.retag(index, "--undo")
        self.assertIn("part-1.bin: has nothing to undo", said)
        self.assertEqual({shard: shard.read_bytes() for shard in before}, before)
        self.assertIn("found nothing to undo", self.retag(index, "--undo", code=WRONG_USE))

    def test_every_pair_must_match(self):
        path, index = self.golden("zip-two-devices.pt"), self.golden("sharded/model.index.json")
        for file in (path, index):
            said = self.retag(file, "--map", "cuda:0=cpu", "--map", "cuda:7=cpu", "--in-place",
                              code=FINDING)
            self.assertIn(f"{file.name}: --map cuda:7=cpu matches no tag", " ".join(said.split()))
            self.assertNotIn("cuda:0=cpu matches", said)
            self.retag(file, "--undo")
            # Of an index, in any of the shards: cuda:0 is in one and cuda:1 in the other.
            said = self.retag(file, "--map", "cuda:0=cpu", "--map", "cuda:1=cuda:1", "--in-place")
            self.assertNotIn("matches", said)
            self.retag(file, "--undo")
        shown = self.retag(path, "--map", "cuda:7=cpu", "--dry-run", "--json", code=FINDING)
        self.assertEqual(json.loads(shown)["unmatched"], ["cuda:7=cpu"])

    def test_a_new_file_is_there_also_if_nothing_changes(self):
        path = self.golden("zip-cpu.pt")
        self.assertIn("copied to new.pt", self.retag(path, "--to", "cpu", "-o", "new.pt"))
        self.assertEqual((self.folder / "new.pt").read_bytes(), path.read_bytes())
        self.retag(path, "--map", "cuda:0=cpu", "-o", "other.pt", code=FINDING)
        self.assertFalse((self.folder / "other.pt").exists())

    def test_names_of_files_may_be_any_bytes(self):
        path = self.golden(APPENDED).rename(self.folder / os.fsdecode(b"a\xff\x1b[31m\n.pt"))
        for command in (("inspect",), ("retag", "--to", "cpu", "--dry-run"),
                        ("retag", "--to", "cpu", "-o", APPENDED), ("retag", "--undo")):
            done = subprocess.run([PROGRAM, *command, os.fsencode(path)], capture_output=True,
                                  cwd=self.folder, check=False)
            said = done.stdout + done.stderr
            self.assertIn(rb"a\xff\x1b[31m\x0a.pt", said)
            self.assertNotIn(b"\x1b", said)
            said.decode()
            done = subprocess.run([PROGRAM, *command, "--json", os.fsencode(path)],
                                  capture_output=True, cwd=self.folder, check=False)
            self.assertNotIn(b"could not go on", done.stderr)
            document = json.loads(done.stdout)
            name = document["path"] if command == ("inspect",) else document["file"]
            self.assertTrue(name.endswith("/a\ufffd\x1b[31m\n.pt"), name)

    def test_lines_fit_a_terminal(self):
        for name in ("exported-program.pt2", "legacy-training.pt"):
            said = self.retag(self.golden(name), "--to", "cpu", "--dry-run")
            self.assertGreater(len(said.splitlines()), 5, said)
            for line in said.splitlines()[1:]:  # the first one names the file
                self.assertLessEqual(len(line), 80, said)

    def test_one_tag_is_one(self):
        path = self.golden("sharded/model.index.json").with_name("part-2.bin")
        shown = json.loads(self.retag(path, "--to", "cpu", "--dry-run", "--json"))
        self.assertGreater(len(shown["changes"]), 1)
        said = self.retag(self.golden("zip-tensor.pt"), "--to", "cpu", "--dry-run")
        self.assertIn("zip, 1 tag would change", said)

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
        for arguments, words in ((("--to", "cpu", "--undo", path), "--to excludes --undo"),
                                 (("--to", "cpu"), "file is required")):
            said = self.retag(*arguments, code=WRONG_USE)
            self.assertEqual(said, f"portcullis: {words}\n"
                             "  next: portcullis retag --help shows how it is used\n")
        self.retag("missing.pt", *TO_CPU, code=WRONG_USE)

    def test_folders_that_are_not_what_is_meant(self):
        path = self.golden(APPENDED)
        said = self.retag(path, "--to", "cpu", "-o", "no where/x.pt", code=WRONG_USE)
        self.assertIn("found no folder 'no where', expected", said)
        self.assertIn("next: mkdir -p 'no where'", said)
        self.assertNotIn(".portcullis-", said)
        (self.folder / "empty").mkdir()
        said = self.retag("empty", "--to", "cpu", "--dry-run", code=WRONG_USE)
        self.assertIn("empty: found a folder without .metadata, expected a checkpoint", said)
        self.assertIn("next: name the files in it", said)


if __name__ == "__main__":
    unittest.main()
