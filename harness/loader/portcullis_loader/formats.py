"""Owns: the functions that load a checkpoint, one for each format, and the table that finds them.

The rows are those of src/portability/readers.cpp: what a function takes no argument for, it has no
way to do. Each function takes the request, and options as torch.load names them: map_location,
mmap.
"""

import importlib
import json
import pathlib
import pickle

import torch

from portcullis_loader.tensors import Unsupported


def _refuse(options, *known):
    for option in options:
        if option not in known:
            raise Unsupported(f"the function that reads this format takes no {option}")


def _refuse_unless_trusted(request):
    if not request.trust:
        raise Unsupported(f"loading a {request.format} runs whatever the file says")


def _imported(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Unsupported(f"{name} is not installed here: {error}") from None


def _torch_load(request, **options):
    return torch.load(request.checkpoint, weights_only=not request.trust, **options)


def _jit_load(request, **options):
    _refuse(options, "map_location")
    return torch.jit.load(request.checkpoint, **options)


def _package(request, **options):
    """Every pickle of the package, by its path within."""
    _refuse_unless_trusted(request)
    _refuse(options, "map_location")
    importer = _imported("torch.package").PackageImporter(request.checkpoint)
    loaded = {}
    for record in importer.zip_reader.get_all_records():
        path = pathlib.PurePosixPath(record)
        if path.suffix == ".pkl" and path.parts[0] != ".data":
            package = ".".join(path.parts[:-1])
            loaded[record] = importer.load_pickle(package, path.name, **options)
    return loaded


def _plain_pickle(request, **options):
    _refuse_unless_trusted(request)
    _refuse(options)
    with open(request.checkpoint, "rb") as file:
        return pickle.load(file)


def _sharded(request, **options):
    index = pathlib.Path(request.checkpoint)
    loaded = {}
    for shard in sorted(set(json.loads(index.read_text())["weight_map"].values())):
        loaded.update(torch.load(index.parent / shard, weights_only=not request.trust, **options))
    return loaded


def _distributed(request, **options):
    """Into tensors on the CPU, as a program that has no model yet would."""
    _refuse(options)
    checkpoint = _imported("torch.distributed.checkpoint")
    folder = pathlib.Path(request.checkpoint)
    folder = folder if folder.is_dir() else folder.parent
    described = checkpoint.FileSystemReader(folder).read_metadata().state_dict_metadata
    state = {name: torch.empty(entry.size, dtype=entry.properties.dtype)
             if hasattr(entry, "size") else None for name, entry in described.items()}
    checkpoint.load(state, checkpoint_id=folder)
    return state


class Exported(dict):
    """What an exported program holds, by name: its weights, and the inputs that it was made with."""

    def __init__(self, program, weights, inputs):
        super().__init__(weights)
        self[_INPUTS] = inputs
        self.program = program

    @property
    def inputs(self):
        return self[_INPUTS]


_INPUTS = "data/sample_inputs/model.pt"


def exported(program):
    return Exported(program, {**program.state_dict, **program.constants}, program.example_inputs)


def _exported(request, **options):
    _refuse_unless_trusted(request)
    _refuse(options)
    return exported(_imported("torch.export").load(request.checkpoint))


def _safetensors(request, **options):
    _refuse(options, "map_location")
    device = options.get("map_location", "cpu")
    if not isinstance(device, (str, int)):
        raise Unsupported("safetensors takes a device, no dict and no callable")
    return _imported("safetensors.torch").load_file(request.checkpoint, device=device)


_FUNCTIONS = {
    "zip": _torch_load,
    "legacy": _torch_load,
    "pickle-save": _torch_load,
    "torchscript": _jit_load,
    "archive": _jit_load,
    "package": _package,
    "plain-pickle": _plain_pickle,
    "sharded-index": _sharded,
    "distributed": _distributed,
    "exported-program": _exported,
    "safetensors": _safetensors,
}


def load(request, map_location=None, **options):
    """Loads with the function of the request's format; no map means as a user would write it."""
    if map_location is not None:
        options["map_location"] = map_location
    return _FUNCTIONS[request.format](request, **options)
