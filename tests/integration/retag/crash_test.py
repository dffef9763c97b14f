# Kills retag at every system call that changes something on the disk, in every kind of file, and
# loads with PyTorch what is there then: the old checkpoint or the new one. Done again, it is the
# new one; undone, the old bytes.
import collections
import io
import pickle
import re
import shutil
import subprocess
import sys
import unittest

try:
    import torch
except ImportError as missing:
    print(f"skipped: this Python cannot import torch ({missing})")
    sys.exit(77)

from program import PROGRAM, RetagTest

STRACE = shutil.which("strace")
if STRACE is None or subprocess.run([STRACE, "-o", "/dev/null", "true"], check=False,
                                    capture_output=True).returncode != 0:
    print("skipped: strace is not installed, or may not trace here")
    sys.exit(77)

CHANGES = ("write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync,rename,"
           "renameat,renameat2,link,linkat,unlink,unlinkat,copy_file_range,sendfile,ioctl,fchmod,"
           "fchown,fsetxattr")


def state_dict(tensors):
    return {f"model.layers.{i}.weight": torch.full((2,), float(i)) for i in range(tensors)}


def load(path):
    """The tag of a checkpoint and its values, as torch.load finds them."""
    tags = []
    with open(path, "rb") as file:
        plain = file.read(2) == b"\x80\x04" and path.suffix == ".pkl"
    if plain:
        return load_pickle(path)
    loaded = torch.load(path, weights_only=True,
                        map_location=lambda storage, tag: (tags.append(tag), storage)[1])
    return set(tags), {name: tensor.tolist() for name, tensor in loaded.items()}


def load_pickle(path):
    tags = []
    real = torch.storage._load_from_bytes
    torch.storage._load_from_bytes = lambda data: torch.load(
        io.BytesIO(data), weights_only=False,
        map_location=lambda storage, tag: (tags.append(tag), storage)[1])
    try:
        loaded = pickle.loads(path.read_bytes())
    finally:
        torch.storage._load_from_bytes = real
    return set(tags), {name: tensor.tolist() for name, tensor in loaded.items()}


class Crash(RetagTest):
    def kinds(self):
        """File name, and what makes the file."""
        yield "short.pt", lambda path: torch.save(state_dict(3), path)
        # The new bytes are more than a reader looks back for an end record.
        yield "long.pt", lambda path: torch.save(state_dict(1500), path)
        yield "legacy.pt", lambda path: torch.save(state_dict(3), path,
                                                   _use_new_zipfile_serialization=False)
        yield "plain.pkl", lambda path: path.write_bytes(pickle.dumps(state_dict(3), protocol=4))

    def traced(self, *options_and_arguments):
        return subprocess.run([STRACE, "-f", "-qq", *map(str, options_and_arguments)],
                              cwd=self.folder, check=False, capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin"})

    def calls(self, *arguments):
        """How often the program makes each changing call."""
        log = self.folder / "calls"
        done = self.traced("-o", log, "-e", f"trace={CHANGES}", PROGRAM, "retag", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
        return collections.Counter(names)

    def states_after_kills(self, path, *arguments):
        """Kills the program at every call; gives back which call, with the file as it was left."""
        before = path.read_bytes()
        counts = self.calls(*arguments)
        self.assertGreaterEqual(sum(counts.values()), 2, counts)
        for name, count in counts.items():
            for number in range(1, count + 1):
                path.write_bytes(before)
                done = self.traced("-o", "/dev/null", "-e",
                                   f"inject={name}:signal=KILL:when={number}",
                                   PROGRAM, "retag", *arguments)
                self.assertIn(done.returncode, (-9, 137), f"{name} {number} {done.stderr}")
                yield f"{name} {number} of {count}", path

    def test_every_call(self):
        kills = 0
        for name, make in self.kinds():
            path = self.folder / name
            make(path)
            with self.subTest(name):
                kills += self.check_kills(path)
        self.assertGreater(kills, 40)
        print(f"{kills} kills", file=sys.stderr)

    def check_kills(self, path):
        old = path.read_bytes()
        old_tags, values = load(path)
        self.assertEqual(old_tags, {"cpu"})
        kills, seen = 0, {}
        for call, _ in self.states_after_kills(path, path, "--to", "cuda:1", "--in-place"):
            kills += 1
            left = path.read_bytes()
            if left not in seen:
                tags, found = load(path)
                self.assertEqual(found, values, call)
                self.assertIn(tags, ({"cpu"}, {"cuda:1"}), call)
                seen[left] = tags
            if seen[left] == {"cpu"}:
                self.retag(path, "--to", "cuda:1", "--in-place")
            self.assertEqual(load(path), ({"cuda:1"}, values), call)
            new = path.read_bytes()
            self.retag(path, "--undo")
            self.assertEqual(path.read_bytes(), old, call)
        path.write_bytes(new)
        for call, _ in self.states_after_kills(path, path, "--undo"):
            kills += 1
            self.assertIn(path.read_bytes(), (old, new), call)
        for half in self.folder.glob(".*.portcullis-*"):
            half.unlink()
        return kills


if __name__ == "__main__":
    unittest.main()
