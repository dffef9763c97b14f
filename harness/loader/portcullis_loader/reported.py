"""Owns: the ways of loading that people reported, as mistakes or as remedies, one function each: those
that are no plain call of the format's own function.

The rules for them are in src/portability/predict_reported.cpp.
"""

import io
import json
import pathlib
import pickle

import torch

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


STRATEGIES = {
    "torch-load": _torch_load,
    "unpickle": _unpickle,
    "map-first": _map_first,
    "bad-map": _bad_map,
    "current": _current,
    "ranks": _ranks,
    "rank-map": _rank_map,
}
