"""Owns: what a loaded object holds: every tensor by name, its bytes, and values naming devices.

Names are paths of dictionary keys, list indices and module attributes joined by dots
("model.0.weight"; "." for the object itself). The C++ loader's walk.h names things the same way.
"""

import collections
import collections.abc
import ctypes
import hashlib
import re
import types

import torch

DEEPEST = 200  # levels of nesting

_STORAGES = (torch.UntypedStorage, torch.storage.TypedStorage)
_LEAVES = (torch.Tensor, *_STORAGES, type, types.ModuleType)

_DEVICE_TEXT = re.compile(
    r"(cpu|cuda|meta|mps|xpu|hpu|npu|xla|mtia|hip|ve|ipu|maia|vulkan|lazy|privateuseone)(:[0-9]+)?")


class Unsupported(Exception):
    """The loader has no way to do or to describe this."""


def _join(path, key):
    return f"{path}.{key}" if path else str(key)


def _module_entries(module):
    """(name, tensor) of a module: each submodule's own parameters, then its own buffers.

    A ScriptModule's plain attributes are not listed: Python cannot enumerate them (PyTorch 2.11).
    """
    for prefix, part in module.named_modules(remove_duplicate=False):
        own = {"prefix": prefix, "recurse": False, "remove_duplicate": False}
        yield from part.named_parameters(**own)
        yield from part.named_buffers(**own)


def _children(value):
    """(key, child) of a container, or None if `value` is not one."""
    if isinstance(value, torch.nn.Module):
        return _module_entries(value)
    if isinstance(value, collections.abc.Mapping):
        return value.items()
    if isinstance(value, (list, tuple, collections.deque)):
        return enumerate(value)
    if isinstance(value, _LEAVES) or callable(value) or not hasattr(value, "__dict__"):
        return None
    return vars(value).items()  # an argparse.Namespace, a training configuration, an optimizer, …


def _leaves(value, path="", above=()):
    children = _children(value)
    if children is None:
        yield path or ".", value
        return
    if id(value) in above:  # a container inside itself: named once
        return
    if len(above) >= DEEPEST:
        raise Unsupported(f"{path}: nested more than {DEEPEST} levels deep")
    for key, child in children:
        yield from _leaves(child, _join(path, key), (*above, id(value)))


def _as_tensor(value):
    """A storage as a tensor over it; a tensor as it is; None for anything else."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, _STORAGES):
        dtype = getattr(value, "dtype", torch.uint8)  # an UntypedStorage has none
        return torch.empty(0, dtype=dtype, device=value.device).set_(value)
    return None


def named_tensors(loaded):
    """(name, tensor) of every tensor, in the order of its containers. Names are unique."""
    seen = collections.Counter()
    for name, value in _leaves(loaded):
        tensor = _as_tensor(value)
        if tensor is not None:
            seen[name] += 1  # {"a.b": …, "a": {"b": …}} names "a.b" twice
            yield name if seen[name] == 1 else f"{name}#{seen[name]}", tensor


def describe_values(loaded):
    """Values that name a device and are data: torch.device objects and strings."""
    found = []
    for name, value in _leaves(loaded):
        if isinstance(value, torch.device):
            found.append({"name": name, "type": "torch.device", "text": str(value)})
        elif isinstance(value, str) and _DEVICE_TEXT.fullmatch(value):
            found.append({"name": name, "type": "str", "text": value})
    return found


def _refuse_unreadable(name, tensor):
    if tensor.layout != torch.strided:
        kind = str(tensor.layout).split(".")[-1]
    elif tensor.is_quantized:
        kind = "quantised"
    elif tensor.is_nested:
        kind = "nested"
    else:
        return
    raise Unsupported(f"{name}: a {kind} tensor has no contiguous elements to compare")


def _on_cpu(tensor):
    """The tensor's elements, contiguous on the CPU, by plain copies only.

    A GPU would gather a non-contiguous tensor with a kernel, which a simulated GPU does not have;
    its whole storage is copied instead and gathered here.
    """
    tensor = tensor.detach()
    if tensor.device.type != "cpu" and not tensor.is_contiguous():
        storage = torch.empty(0, dtype=torch.uint8, device=tensor.device)
        storage = storage.set_(tensor.untyped_storage()).cpu().untyped_storage()
        here = torch.empty(0, dtype=tensor.dtype).set_(
            storage, tensor.storage_offset(), tensor.size(), tensor.stride())
        here = here.conj() if tensor.is_conj() else here
        tensor = -here if tensor.is_neg() else here
    return tensor.cpu().resolve_conj().resolve_neg().contiguous()


def _sha256(tensor):
    tensor = _on_cpu(tensor)
    size = tensor.numel() * tensor.element_size()
    digest = hashlib.sha256()
    if size:
        digest.update((ctypes.c_char * size).from_address(tensor.data_ptr()))
    return digest.hexdigest()


def describe_tensor(name, tensor):
    """One entry of an answer's or a manifest's "tensors". Raises Unsupported for sparse, quantised
    and nested tensors."""
    _refuse_unreadable(name, tensor)
    return {
        "name": name,
        "dtype": str(tensor.dtype).split(".")[-1],
        "shape": list(tensor.shape),
        "device": str(tensor.device),
        "bytes": tensor.numel() * tensor.element_size(),
        "sha256": "" if tensor.is_meta else _sha256(tensor),
    }


def describe_tensors(loaded):
    """The "tensors" of an answer or a manifest. Raises Unsupported as describe_tensor does."""
    return [describe_tensor(name, tensor) for name, tensor in named_tensors(loaded)]
