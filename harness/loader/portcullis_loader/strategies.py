"""Owns: the strategies, one function each, and the table that finds them by name.

The rows are those of src/portability/strategy.h. formats.py has the function
that loads each format.
"""

import collections
import collections.abc

import torch

from portcullis_loader import reported, saving, uses
from portcullis_loader.formats import load
from portcullis_loader.tensors import Unsupported, named_tensors


def _moved(value, device):
    """`value` with every tensor on `device`: .to(device) of a module, or of each tensor in turn."""
    if isinstance(value, (torch.Tensor, torch.nn.Module)):
        return value.to(device)
    if isinstance(value, collections.abc.Mapping):
        return {key: _moved(child, device) for key, child in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_moved(child, device) for child in value))
    if isinstance(value, (list, tuple, collections.deque)):
        return type(value)(_moved(child, device) for child in value)
    if next(named_tensors(value), None) is not None:
        raise Unsupported(f"a {type(value).__name__} holds tensors and has no .to(device)")
    return value


def _as_saved(request, enter):
    return load(request)


def _as_saved_then_to(request, enter):
    loaded = load(request)
    enter("move")
    return _moved(loaded, request.argument)


def _map_location(request, enter):
    return load(request, request.argument)


def _remap(request, enter):
    return load(request, dict(pair.split(">") for pair in request.argument.split(",")))


def _callable(request, enter):
    return load(request, _location_function(request.argument))


def _location_function(argument):
    if argument == "keep":
        return lambda storage, location: storage
    if argument == "none":
        return lambda storage, location: None
    if argument == "cpu":
        return lambda storage, location: storage.cpu()
    if argument == "cuda":
        return lambda storage, location: storage.cuda()
    if argument.startswith("cuda:"):
        return lambda storage, location: storage.cuda(int(argument.partition(":")[2]))
    raise Unsupported(f"a storage has no method that moves it to {argument}")


def _cpu_then_to(request, enter):
    loaded = load(request, "cpu")
    enter("move")
    return _moved(loaded, request.argument)


def _parts(request, enter):
    loaded = load(request, "cpu")
    enter("move")
    devices = request.argument.split(",")
    if isinstance(loaded, torch.nn.Module):
        _spread_module(loaded, devices)
        return loaded
    if isinstance(loaded, collections.abc.Mapping):
        return _spread_mapping(loaded, devices)
    raise Unsupported(f"a {type(loaded).__name__} has no parts to put on different devices")


def _first(name):
    return str(name).partition(".")[0]


def _devices_of_parts(loaded, devices):
    """The device of each part, a part being the tensors whose names share the first component.

    Parts stay in order, in as many contiguous groups as devices, as equal as they can be.
    """
    parts = list(dict.fromkeys(_first(name) for name, _ in named_tensors(loaded)))
    return {part: devices[i * len(devices) // len(parts)] for i, part in enumerate(parts)}


def _spread_mapping(mapping, devices):
    device_of = _devices_of_parts(mapping, devices)
    return {key: _moved(value, device_of[_first(key)]) if _first(key) in device_of else value
            for key, value in mapping.items()}


def _spread_module(module, devices):
    own = dict(module.named_parameters(recurse=False))
    own.update(module.named_buffers(recurse=False))
    children = dict(module.named_children())
    for part, device in _devices_of_parts(module, devices).items():
        if part in own:
            own[part].data = own[part].data.to(device)
        else:
            children[part].to(device)


def _mmap(request, enter):
    return load(request, request.argument or None, mmap=True)


def _forward(request, enter):
    if request.format != "torchscript":
        raise Unsupported(f"only a TorchScript module can be called; this is {request.format}")
    if request.example is None:
        raise Unsupported("no example input to call the module with is known")
    module = load(request, request.argument or None)
    enter("use")
    module.eval()
    with torch.no_grad():
        module(_zeros(request.example).to(request.argument or "cpu"))
    return module


def _zeros(example):
    """Made on the CPU: a simulated GPU has no kernel to fill memory with."""
    dtype = getattr(torch, example.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise Unsupported(f"the example's dtype is {example.dtype}, which PyTorch does not have")
    return torch.zeros(example.shape, dtype=dtype)


def _save(request, enter):
    loaded = load(request, "cpu")
    enter("use")
    saving.prepare(request.argument)
    save = torch.jit.save if request.format in ("torchscript", "archive") else torch.save
    save(loaded, saving.SAVED_FILE)
    return loaded


STRATEGIES = {
    "as-saved": _as_saved,
    "as-saved-then-to": _as_saved_then_to,
    "map-location": _map_location,
    "remap": _remap,
    "callable": _callable,
    "cpu-then-to": _cpu_then_to,
    "parts": _parts,
    "mmap": _mmap,
    "forward": _forward,
    "save": _save,
    **reported.STRATEGIES,
}


def perform(request, enter):
    """What the strategy loads. `enter` is called with "move" when the load is over and tensors
    are about to move, and with "use" before something is done with them. Raises whatever PyTorch raises,
    and Unsupported."""
    loaded = STRATEGIES[request.strategy](request, enter)
    if not request.use:
        return loaded
    enter("use")
    return uses.perform(request, loaded)
