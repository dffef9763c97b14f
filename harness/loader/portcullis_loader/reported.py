"""Owns: the ways of loading that people reported, as mistakes or as remedies, one function each: those
that are no plain call of the format's own function.

The rules for them are in src/portability/predict_reported.cpp.
"""

import io
import json
import mmap
import os
import pathlib
import pickle

import torch

from portcullis_loader import host_memory
from portcullis_loader.formats import load
from portcullis_loader.tensors import Unsupported, named_tensors

_TORCH_LOADS = ("zip", "legacy", "pickle-save")


def _require_torch_load(request):
    if request.format not in _TORCH_LOADS:
        raise Unsupported(f"torch.load does not read {request.format} that way")


def _torch_load(request, enter):
    """torch.load, whatever wrote the file."""
    if request.format not in (*_TORCH_LOADS, "torchscript", "archive", "plain-pickle"):
        raise Unsupported(f"torch.load does not read {request.format}")
    return torch.load(request.checkpoint, map_location=request.argument,
                      weights_only=not request.trust)


def _unpickle(request, enter):
    """An unpickler that gives the torch.load of each tensor within a map."""
    if request.format != "plain-pickle":
        raise Unsupported(f"this is {request.format}, no plain pickle")
    if not request.trust:
        raise Unsupported("unpickling runs whatever the file says")

    def load_from_bytes(data):
        return torch.load(io.BytesIO(data), map_location=request.argument, weights_only=False)

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("torch.storage", "_load_from_bytes"):
                return load_from_bytes
            return super().find_class(module, name)

    with open(request.checkpoint, "rb") as file:
        return Unpickler(file).load()


def _map_first(request, enter):
    if request.format != "sharded-index":
        raise Unsupported(f"this is {request.format}, one file")
    index = pathlib.Path(request.checkpoint)
    loaded = {}
    for shard in sorted(set(json.loads(index.read_text())["weight_map"].values())):
        options = {} if loaded else {"map_location": request.argument}
        loaded.update(torch.load(index.parent / shard, weights_only=not request.trust, **options))
    return loaded


def _bad_map(request, enter):
    if request.format != "safetensors":
        _require_torch_load(request)
    word = request.argument
    return load(request, int(word) if word.isdecimal() else word)


def _current(request, enter):
    _require_torch_load(request)
    torch.cuda.set_device(request.argument)
    return load(request, "cuda")


def _dealt(request, loads):
    """One checkpoint's tensors, each from the next rank: of every rank something is looked at."""
    named = [dict(named_tensors(loaded)) for loaded in loads]
    return {name: named[number % len(named)][name] for number, name in enumerate(named[0])}


def _ranks(request, enter):
    _require_torch_load(request)
    return _dealt(request, [load(request) for _ in range(int(request.argument))])


def _rank_map(request, enter):
    _require_torch_load(request)
    return _dealt(request, [load(request, f"cuda:{rank}") for rank in range(int(request.argument))])


def _in_little_memory(request, load_of_rank):
    _require_torch_load(request)
    ranks = int(request.argument)
    with host_memory.limited(os.path.getsize(request.checkpoint) * (ranks + 1) // 2):
        return _dealt(request, [load_of_rank(rank) for rank in range(ranks)])


def _cpu_ranks(request, enter):
    return _in_little_memory(request, lambda rank: load(request, "cpu"))


def _mmap_ranks(request, enter):
    if request.format != "zip":
        raise Unsupported(f"{request.format} cannot be mapped")
    # A limit counts a private mapping as if all of it were written to; the kernel does not.
    torch.serialization.set_default_mmap_options(mmap.MAP_SHARED)
    return _in_little_memory(request, lambda rank: load(request, "cpu", mmap=True))


def _gpu_ranks(request, enter):
    # A simulated GPU's memory is this process's: PyTorch's allocator gets it before there is a limit.
    blocks = [torch.empty(1 << 20, dtype=torch.uint8, device=f"cuda:{rank}")
              for rank in range(int(request.argument)) for _ in range(4)]
    del blocks
    return _in_little_memory(request, lambda rank: load(request, f"cuda:{rank}"))


def _late_mask(request, enter):
    _require_torch_load(request)
    torch.cuda.init()
    torch.cuda.device_count()
    os.environ["CUDA_VISIBLE_DEVICES"] = "" if request.argument == "empty" else request.argument
    return load(request)


STRATEGIES = {
    "torch-load": _torch_load,
    "unpickle": _unpickle,
    "map-first": _map_first,
    "bad-map": _bad_map,
    "current": _current,
    "ranks": _ranks,
    "rank-map": _rank_map,
    "cpu-ranks": _cpu_ranks,
    "mmap-ranks": _mmap_ranks,
    "gpu-ranks": _gpu_ranks,
    "late-mask": _late_mask,
}
