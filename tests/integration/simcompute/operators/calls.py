"""Owns: calls of operators as JSON: tensors with their values, strides and dtypes, and everything else
that an operator takes."""

import torch

_NAMED = {"dtype": torch.dtype, "layout": torch.layout, "memory_format": torch.memory_format}


def elements(value):
    """How many elements the tensors in it have together."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, dict):
        value = value.values()
    return sum(map(elements, value)) if hasattr(value, "__iter__") and not isinstance(
        value, str) else 0


def _numbers(tensor):
    if tensor.dtype.is_complex:
        tensor = torch.view_as_real(tensor.resolve_conj())
    if tensor.dtype.is_floating_point:
        return [float(f"{x:.5g}") for x in tensor.double().flatten().tolist()]
    return [int(x) for x in tensor.flatten().tolist()]


def encode(value):
    """Raises TypeError for what is no value."""
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_quantized:
            raise TypeError("not a plain tensor")
        value = value.detach().resolve_neg()
        if 0 in value.stride():  # several elements in one place: nothing may be written to those
            value = value.contiguous()
        return {"tensor": str(value.dtype)[6:], "shape": list(value.shape),
                "stride": list(value.stride()), "values": _numbers(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, (list, tuple, torch.Size)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {"map": {name: encode(item) for name, item in value.items()}}
    if isinstance(value, torch.device):
        return {"device": value.type}
    for name, kind in _NAMED.items():
        if isinstance(value, kind):
            return {name: str(value)[6:]}
    if isinstance(value, torch.Generator):
        return None
    raise TypeError(type(value).__name__)


def _tensor(value, device):
    dtype = getattr(torch, value["tensor"])
    numbers = torch.tensor(value["values"], dtype=torch.float64 if dtype.is_floating_point
                           or dtype.is_complex else torch.int64)
    if dtype.is_complex:
        numbers = torch.view_as_complex(numbers.reshape(-1, 2))
    shape, stride = value["shape"], value["stride"]
    room = 1 + sum((n - 1) * s for n, s in zip(shape, stride)) if 0 not in shape else 0
    made = torch.zeros(room, dtype=dtype).as_strided(shape, stride)
    made.copy_(numbers.reshape(shape))
    return made if device == "cpu" else _on(device, made)


def _on(device, tensor):
    """The same strides too, whatever copies prefer."""
    room = tensor.untyped_storage().nbytes() // tensor.element_size()
    moved = torch.empty(room, dtype=tensor.dtype, device=device)
    moved.copy_(tensor.as_strided((room,), (1,)))
    return moved.as_strided(tensor.shape, tensor.stride())


def decode(value, device="cpu"):
    """What encode() got, with every tensor (and every device) on `device`."""
    if isinstance(value, list):
        return [decode(item, device) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return _tensor(value, device)
    (kind, content), = value.items()
    if kind == "map":
        return {name: decode(item, device) for name, item in content.items()}
    if kind == "complex":
        return complex(*content)
    if kind == "device":
        return torch.device(device)
    return getattr(torch, content)
