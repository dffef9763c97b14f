"""Owns: the checkpoints that the benchmarks read, written as torch.save writes them, without
PyTorch: weights are holes in the file, so that four gigabytes cost nothing to make."""

import collections
import io
import pickle
import struct
import sys
import types
import zlib


def _global(module, name):
    """Something that pickles as module.name."""
    parts = sys.modules.setdefault(module, types.ModuleType(module))
    made = type(name, (), {"__module__": module})
    setattr(parts, name, made)
    return made


_FLOATS = _global("torch", "FloatStorage")
_REBUILD = _global("torch._utils", "_rebuild_tensor_v2")


class _Storage:
    def __init__(self, key, elements, tag):
        self.id = ("storage", _FLOATS, str(key), "".join(tag), elements)


class _Tensor:
    def __init__(self, storage):
        self._storage = storage

    def __reduce__(self):
        elements = self._storage.id[4]
        return _REBUILD, (self._storage, 0, (elements,), (1,), False, collections.OrderedDict())


class _Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, _Storage) else None


class _Archive:
    """A zip64 archive of stored entries; an entry of `size` bytes without data is a hole."""

    def __init__(self, file):
        self._file = file
        self._directory = []

    def add(self, name, data=b"", size=None):
        size = len(data) if size is None else size
        name, at, crc = name.encode(), self._file.tell(), zlib.crc32(data)
        self._file.write(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 33, crc, size, size,
                                     len(name), 0) + name + data)
        self._file.seek(size - len(data), io.SEEK_CUR)
        self._directory.append((name, at, crc, size))

    def close(self):
        start = self._file.tell()
        for name, at, crc, size in self._directory:
            extra = struct.pack("<HHQ", 1, 8, at)
            self._file.write(struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 0, 0, 33, crc,
                                         size, size, len(name), len(extra), 0, 0, 0, 0, 0xffffffff)
                             + name + extra)
        size, count, end = self._file.tell() - start, len(self._directory), self._file.tell()
        self._file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size,
                                     start))
        self._file.write(struct.pack("<4sIQI", b"PK\6\7", 0, end, 1))
        self._file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xffff, 0xffff, 0xffffffff,
                                     0xffffffff, 0))


def write(path, tensors, elements, tag="cuda:0"):
    """A state_dict of so many float32 tensors of so many elements."""
    storages = [_Storage(key, elements, tag) for key in range(tensors)]
    state = collections.OrderedDict(
        (f"model.layers.{key}.attention.weight", _Tensor(storage))
        for key, storage in enumerate(storages))
    pickled = io.BytesIO()
    _Pickler(pickled, protocol=2).dump(state)
    with open(path, "wb") as file:
        archive = _Archive(file)
        archive.add("model/data.pkl", pickled.getvalue())
        archive.add("model/byteorder", b"little")
        for key in range(tensors):
            archive.add(f"model/data/{key}", size=4 * elements)
        archive.add("model/version", b"3\n")
        archive.close()
