"""Owns: other calls made of a recorded one: its tensors in each other dtype, and its tensors with gaps
between their elements."""

import torch

DTYPES = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128", "uint8", "int8",
          "int16", "int32", "int64", "bool")
GAPS = "with gaps"


def _dtypes(value):
    """The dtypes of the tensors in an encoded call, in order."""
    if isinstance(value, list):
        for item in value:
            yield from _dtypes(item)
    elif isinstance(value, dict):
        if "tensor" in value:
            yield value["tensor"]
        else:
            yield from _dtypes(list(value.values()))


def _first(encoded):
    """The dtype that a call is about: that of its first tensor which is not an index's, if there is one."""
    found = list(_dtypes(encoded))
    return next((name for name in found if name != "int64"), found[0] if found else None)


def _changed(value, change):
    """The encoded call with change(tensor) in the place of each tensor."""
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return change(value)
    return {key: _changed(item, change) for key, item in value.items()}


def _numbers(tensor, dtype):
    """Its values as encoded for another dtype."""
    was, now = (getattr(torch, name) for name in (tensor["tensor"], dtype))
    values = tensor["values"]
    if was.is_complex and not now.is_complex:
        values = values[::2]
    elif now.is_complex and not was.is_complex:
        values = [part for value in values for part in (value, 0.25)]
    if now.is_complex or now.is_floating_point:
        return values
    if now == torch.bool:
        return [int(abs(value) > 0.5) for value in values]
    return [int(min(abs(value), 100)) if value == value else 0 for value in values]


def in_dtype(encoded, dtype):
    """The call in another dtype, or None if it is none, or is recorded in that one."""
    was = _first(encoded)
    if was in (None, dtype):
        return None
    return _changed(encoded, lambda tensor: tensor if tensor["tensor"] != was else {
        **tensor, "tensor": dtype, "values": _numbers(tensor, dtype)})


def with_gaps(encoded):
    """The call with every second element of each tensor's memory left out, or None if nothing can be."""
    def spread(tensor):
        return {**tensor, "stride": [2 * stride for stride in tensor["stride"]]}
    changed = _changed(encoded, spread)
    return None if changed == encoded else changed


def of(encoded):
    """(name, call) of each."""
    for name in DTYPES:
        call = in_dtype(encoded, name)
        if call is not None:
            yield name, call
    call = with_gaps(encoded)
    if call is not None:
        yield GAPS, call
