# What retag writes is what PyTorch reads back: in every format, with the new tags, every weight and
# every other value as before.
import ctypes
import io
import json
import pickle
import sys
import unittest
import unittest.mock

try:
    import torch
except ImportError as missing:
    print(f"skipped: this Python cannot import torch ({missing})")
    sys.exit(77)
import torch.package

from program import AS_EXPECTED, GOLDEN, WRONG_USE, RetagTest

WAYS_OF_ZIP = [dict(weights_only=True), dict(weights_only=False),
               dict(weights_only=True, mmap=True), dict(weights_only=False, mmap=True)]
# c10/core/Device.cpp, without the names that backends out of the tree take.
DEVICES = ("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga",
           "maia", "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone")

WAYS_OF_LEGACY = [dict(weights_only=True), dict(weights_only=False)]


def as_plain(value):
    """A value that can be compared: tensors as dtype, shape, strides and bytes."""
    if isinstance(value, torch.Tensor):
        if value.is_sparse:
            return ("sparse", as_plain(value._indices()), as_plain(value._values()))
        if value.layout != torch.strided or value.is_quantized or value.is_nested:
            return (str(value.layout), str(value))
        if value.device.type == "meta":
            return ("meta", str(value.dtype), tuple(value.shape))
        whole = value.detach().contiguous().reshape(-1)
        return ("tensor", str(value.dtype), tuple(value.shape), value.stride(),
                ctypes.string_at(whole.data_ptr(), whole.nbytes))
    if isinstance(value, dict):
        return (type(value).__name__, [(key, as_plain(item)) for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [as_plain(item) for item in value])
    if isinstance(value, torch.nn.Module):
        return (type(value).__name__, as_plain(value.state_dict()))
    if isinstance(value, torch.storage.TypedStorage):
        return as_plain(torch.tensor([], dtype=value.dtype).set_(value))
    if isinstance(value, torch.UntypedStorage):
        return bytes(value)
    return repr(value) if not hasattr(value, "__dict__") else as_plain(vars(value))


def is_restored(device):
    """Whether torch.load has a way back for a tag, on a machine with the device."""
    try:
        torch.serialization.default_restore_location(torch.UntypedStorage(8), device)
        return True
    except RuntimeError as refused:
        if "is not registered" not in str(refused):
            return not any(text in str(refused) for text in (
                "don't know how to restore", "Invalid device string", "must not be negative"))
    # A backend that is not here refuses first. 128 of it would be device -128, and 300 would be 44.
    try:
        return str(torch.device(device)) == device
    except RuntimeError:
        return False


def tags_of(path, **way):
    """The tags that torch.load meets."""
    tags = []
    torch.load(path, weights_only=False, **way,
               map_location=lambda storage, tag: (tags.append(tag), storage)[1])
    return set(tags)


def loads_as_saved(path, ways):
    for way in ways:
        try:
            yield way, as_plain(torch.load(path, **way))
        except pickle.UnpicklingError as refused:  # weights_only, of more than weights
            assert way["weights_only"] and "weights_only" in str(refused), refused
            yield way, None


class Loads(RetagTest):
    def check_loads(self, path, old, ways):
        """`path` loads without a map, and holds what `old` holds."""
        before = as_plain(torch.load(old, map_location="cpu", weights_only=False))
        whole = 0
        for way, after in loads_as_saved(path, ways):
            if after is None:
                continue
            whole += 1
            self.assertEqual(after, before, way)
        self.assertGreater(whole, 0)

    def check_to_cpu(self, name, ways):
        with self.subTest(name):
            old, path = self.golden(name), self.golden(name, "new-" + name)
            with self.assertRaises(RuntimeError):
                torch.load(path, weights_only=False)
            self.retag(path, "--to", "cpu", "--in-place")
            self.check_loads(path, old, ways)
            self.assertEqual(tags_of(path), {"cpu"})
            self.retag(path, "--undo")
            self.assertEqual(path.read_bytes(), old.read_bytes())

    def test_zip(self):
        for name in ("zip-cuda0.pt", "zip-two-devices.pt", "zip-training.pt", "zip-tensor.pt"):
            self.check_to_cpu(name, WAYS_OF_ZIP)
        # Protocol 4 and later has opcodes that weights_only does not know.
        self.check_to_cpu("zip-protocol5.pt", WAYS_OF_ZIP[1::2])
        self.check_to_cpu("zip-kinds.pt", WAYS_OF_ZIP[1::2])
        # Deflated weights: mmap=True reads them wrongly, with any tags.
        self.check_to_cpu("zip-deflated.pt", WAYS_OF_ZIP[:2])

    def test_legacy(self):
        for name in ("legacy-cuda0.pt", "legacy-two-devices.pt", "legacy-training.pt"):
            self.check_to_cpu(name, WAYS_OF_LEGACY)
        self.check_to_cpu("legacy-protocol4.pt", WAYS_OF_LEGACY[1:])

    def test_to_a_gpu_and_back(self):
        """Longer tags, of a checkpoint whose one 'cpu' serves all of them."""
        for name, ways in (("zip-cpu.pt", WAYS_OF_ZIP), ("legacy-cpu.pt", WAYS_OF_LEGACY)):
            with self.subTest(name):
                old, path = self.golden(name), self.golden(name, "new-" + name)
                self.retag(path, "--to", "cuda:3", "--in-place")
                self.assertEqual(tags_of(path), {"cuda:3"})
                for way in ways:
                    self.assertEqual(as_plain(torch.load(path, map_location="cpu", **way)),
                                     as_plain(torch.load(old, map_location="cpu", **way)))
                self.retag(path, "--map", "cuda:3=cpu", "--in-place")
                self.check_loads(path, old, ways)

    def test_a_pair_changes_one_tag(self):
        path = self.golden("zip-two-devices.pt")
        self.retag(path, "--map", "cuda:1=cuda:0", "--in-place")
        self.assertEqual(tags_of(path), {"cuda:0"})

    def test_shared_strings_are_split(self):
        """The same string object as a tag's and as the user's: PyTorch memoises it once."""
        for legacy in (False, True):
            for protocol in (2, 3, 4, 5):
                for first in ("user", "tag"):
                    with self.subTest(legacy=legacy, protocol=protocol, first=first):
                        self.check_shared(legacy, protocol, first)

    def check_shared(self, legacy, protocol, first):
        tag = torch.serialization.location_tag(torch.UntypedStorage(1))
        weight = torch.arange(4.0)
        value = {"w": weight, "device": tag, "again": [tag, torch.ones(2)], tag: 1}
        if first == "user":
            value = {"device": tag, **value}
        path = self.folder / f"shared-{legacy}-{protocol}-{first}.pt"
        torch.save(value, path, pickle_protocol=protocol,
                   _use_new_zipfile_serialization=not legacy)
        self.retag(path, "--to", "cuda:1", "--in-place")
        self.assertEqual(tags_of(path), {"cuda:1"})
        self.assertEqual(as_plain(torch.load(path, map_location="cpu", weights_only=False)),
                         as_plain(value))
        if protocol == 2:
            self.assertEqual(as_plain(torch.load(path, map_location="cpu", weights_only=True)),
                             as_plain(value))
        self.retag(path, "--to", "cpu", "--in-place")
        self.assertEqual(as_plain(torch.load(path, weights_only=False)), as_plain(value))

    def test_to_a_new_file(self):
        for name, ways in (("zip-cuda0.pt", WAYS_OF_ZIP), ("legacy-cuda0.pt", WAYS_OF_LEGACY)):
            old = self.golden(name)
            before = old.read_bytes()
            self.retag(old, "--to", "cpu", "-o", "out-" + name)
            self.assertEqual(old.read_bytes(), before)
            self.check_loads(self.folder / ("out-" + name), old, ways)

    def test_many_tensors(self):
        """More new bytes than a reader looks back for an end record."""
        old, path = self.folder / "many.pt", self.folder / "new-many.pt"
        value = {f"model.layers.{i}.weight": torch.full((2,), float(i)) for i in range(1500)}
        torch.save(value, old)
        torch.save(value, path)
        path.write_bytes(old.read_bytes())
        self.retag(path, "--to", "cuda:0", "--in-place")
        self.assertGreater(path.stat().st_size - old.stat().st_size, 70000)
        self.assertEqual(tags_of(path), {"cuda:0"})
        self.retag(path, "--to", "cpu", "--in-place")
        self.check_loads(path, old, WAYS_OF_ZIP)
        self.retag(path, "--undo")
        self.retag(path, "--undo")
        self.assertEqual(path.read_bytes(), old.read_bytes())

    def test_more_than_four_gibibytes(self):
        """Nearly all of it a hole, so that it takes no space."""
        path, size = self.folder / "large.pt", 5 << 30
        with torch.serialization.skip_data():
            torch.save({"w": torch.empty(size, dtype=torch.uint8), "n": 7}, path)
        before = path.stat()
        self.retag(path, "--to", "cuda:0", "--in-place")
        self.assertEqual(tags_of(path, mmap=True), {"cuda:0"})
        self.retag(path, "--to", "cpu", "-o", "copy.pt")
        copy = (self.folder / "copy.pt").stat()
        self.assertLess(copy.st_blocks * 512, 1 << 20, "holes stay holes")
        for weights_only in (True, False):
            loaded = torch.load(self.folder / "copy.pt", mmap=True, weights_only=weights_only)
            self.assertEqual((loaded["w"].shape, loaded["n"]), ((size,), 7))
            self.assertEqual(loaded["w"][-1], 0)
        self.retag(path, "--undo")
        self.assertEqual(path.stat().st_size, before.st_size)

    def test_torchscript(self):
        for name in ("torchscript-scripted.pt", "torchscript-traced.pt", "torchscript-frozen.pt"):
            with self.subTest(name):
                old, path = self.golden(name), self.golden(name, "new-" + name)
                with self.assertRaises(RuntimeError):
                    torch.jit.load(path)
                self.retag(path, "--to", "cpu", "--code", "--in-place")
                module, before = torch.jit.load(path), torch.jit.load(old, map_location="cpu")
                self.assertEqual(as_plain(module.state_dict()), as_plain(before.state_dict()))
                for attribute in ("note", "device"):
                    self.assertEqual(repr(getattr(module, attribute, None)),
                                     repr(getattr(before, attribute, None)))

    def test_literals_in_code(self):
        """Tags alone make the load succeed; the forward pass needs the literal changed too."""
        for name in ("torchscript-scripted.pt", "torchscript-traced.pt"):
            with self.subTest(name):
                path, whole = self.golden(name), self.golden(name, "whole-" + name)
                said = self.retag(path, "--to", "cpu", "--in-place")
                self.assertIn("--code changes", said)
                with self.assertRaisesRegex(RuntimeError, "NVIDIA driver"):
                    torch.jit.load(path)(torch.ones(4))
                self.retag(whole, "--to", "cpu", "--code", "--in-place")
                self.assertEqual(torch.jit.load(whole)(torch.ones(4)).device.type, "cpu")

    def test_cpp_archive_and_pickle_save(self):
        old, path = self.golden("output-archive.pt"), self.golden("output-archive.pt", "new.pt")
        self.retag(path, "--to", "cuda:0", "--in-place")
        with self.assertRaises(RuntimeError):
            torch.jit.load(path)
        self.retag(path, "--to", "cpu", "--in-place")
        self.assertEqual(as_plain(torch.jit.load(path).state_dict()),
                         as_plain(torch.jit.load(old).state_dict()))
        old, path = self.golden("pickle-save.pt"), self.golden("pickle-save.pt", "saved.pt")
        self.retag(path, "--to", "cuda:0", "--in-place")
        self.assertEqual(tags_of(path), {"cuda:0"})
        self.retag(path, "--to", "cpu", "--in-place")
        self.check_loads(path, old, WAYS_OF_ZIP[1::2])

    def test_package(self):
        path = self.golden("package.pt")
        # As in the fixture's own report: its names are those that it was exported under.
        pickles = ("model", "model.pkl"), ("model", "extra.pkl")
        before = [as_plain(torch.package.PackageImporter(path).load_pickle(*name, map_location="cpu"))
                  for name in pickles]
        with self.assertRaises(RuntimeError):
            torch.package.PackageImporter(path).load_pickle(*pickles[0])
        self.retag(path, "--to", "cpu", "--in-place")
        after = [as_plain(torch.package.PackageImporter(path).load_pickle(*name))
                 for name in pickles]
        self.assertEqual(after, before)

    def test_exported_program(self):
        path = self.golden("exported-program.pt2")
        with self.assertRaises(RuntimeError):
            torch.export.load(path)
        self.retag(path, "--to", "cpu", "--in-place")
        program = torch.export.load(path)
        self.assertEqual({tensor.device.type for tensor in program.state_dict.values()}, {"cpu"})
        (inputs,), _ = program.example_inputs
        self.assertEqual(program.module()(inputs).device.type, "cpu")

    def test_plain_pickles(self):
        """Each tensor is a checkpoint within the pickle, which no map_location reaches."""
        for name in ("plain-protocol2.pkl", "plain-protocol4.pkl"):
            with self.subTest(name):
                path = self.golden(name)
                old = path.read_bytes()
                with self.assertRaises(RuntimeError):
                    pickle.loads(old)
                self.retag(path, "--to", "cpu", "--in-place")
                with path.open("rb") as file:
                    after = as_plain(pickle.load(file))
                loading, torch.storage._load_from_bytes = torch.storage._load_from_bytes, (
                    lambda data: torch.load(io.BytesIO(data), map_location="cpu",
                                            weights_only=False))
                self.addCleanup(setattr, torch.storage, "_load_from_bytes", loading)
                self.assertEqual(after, as_plain(pickle.loads(old)))
                torch.storage._load_from_bytes = loading
                self.retag(path, "--undo")
                self.assertEqual(path.read_bytes(), old)

    def test_shards(self):
        index = self.golden("sharded/model.index.json")
        self.retag(index, "--to", "cpu", "--in-place")
        for shard in index.parent.glob("part-*.bin"):
            self.check_loads(shard, GOLDEN / "sharded" / shard.name, WAYS_OF_ZIP)

    def test_a_new_folder_holds_the_whole_sharded_checkpoint(self):
        """Also the shards in which nothing changes, and the index."""
        self.golden("sharded/model.index.json")
        new = self.folder / "new"
        new.mkdir()
        self.retag("sharded/model.index.json", "--map", "cuda:1=cpu", "-o", new)
        self.assertEqual(tags_of(new / "part-1.bin"), {"cuda:0"})
        self.retag(new / "model.index.json", "--to", "cpu", "--in-place")
        index = json.loads((new / "model.index.json").read_text(encoding="utf-8"))
        old = self.folder / "sharded"
        for name, shard in index["weight_map"].items():
            was = torch.load(old / shard, map_location="cpu", weights_only=True)
            self.assertEqual(as_plain(torch.load(new / shard, weights_only=True)[name]),
                             as_plain(was[name]))

    def test_a_target_is_what_torch_load_restores(self):
        """Whatever the machine has: PyTorch must know how, or the file would load nowhere."""
        path = self.golden("zip-cuda0.pt")
        for device in (*DEVICES, *(f"{device}:{index}" for device in DEVICES if device != "mps"
                                   for index in ("0", "7", "127", "128", "999", "01", "00", "-1", ""))):
            known = is_restored(device)
            said = self.retag(path, "--to", device, "--dry-run",
                              code=AS_EXPECTED if known else WRONG_USE)
            if not known:
                self.assertIn(f"found '{device}', expected a device that torch.load restores", said)
                self.assertIn("next: ", said)

    def test_a_tag_that_no_pytorch_loads_is_repaired(self):
        for odd, good in (("cuda:01", "cuda:1"), ("cpu:0", "cpu"), ("a=b", "cpu")):
            path = self.folder / "odd.pt"
            with unittest.mock.patch("torch.serialization.location_tag", lambda _: odd):
                torch.save(torch.ones(2), path)
            with self.assertRaises(RuntimeError):
                torch.load(path)
            self.retag(path, "--map", f"{odd}={good}", "--in-place")
            self.assertEqual(tags_of(path), {good})

    def test_refusals(self):
        for name, reason in (("weights.safetensors", "name no device"),
                             ("distributed/.metadata", "loaded with map_location='cpu'")):
            path = self.golden(name)
            before = path.read_bytes()
            said = self.retag(path, "--to", "cpu", "--in-place", code=WRONG_USE)
            self.assertIn(reason, said)
            self.assertEqual(path.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
