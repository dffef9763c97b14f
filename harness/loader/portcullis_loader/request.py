"""Owns: what a request must look like (protocol.h), and saying what is wrong with one.

Imports nothing of PyTorch.
"""

import json
import os
import re
from dataclasses import dataclass
from typing import Optional

PROTOCOL = 1
LONGEST_REQUEST = 1 << 20  # bytes

FORMATS = ("zip", "legacy", "torchscript", "archive", "pickle-save", "package", "plain-pickle",
           "sharded-index", "distributed", "exported-program", "safetensors")

_DEVICE = r"[a-z]+(?::[0-9]+)?"
_ARGUMENTS = {  # what the argument of each strategy must be: pattern, and the pattern in words
    "as-saved": (r"", "no argument"),
    "as-saved-then-to": (_DEVICE, "a device such as cuda:1"),
    "map-location": (_DEVICE, "a device such as cuda:1"),
    "remap": (rf"{_DEVICE}>{_DEVICE}(?:,{_DEVICE}>{_DEVICE})*", "pairs such as cuda:1>cuda:0"),
    "callable": (rf"keep|none|{_DEVICE}", "keep, none or a device such as cpu"),
    "cpu-then-to": (_DEVICE, "a device such as cuda:1"),
    "parts": (rf"{_DEVICE}(?:,{_DEVICE})*", "devices such as cuda:0,cuda:1"),
    "mmap": (rf"(?:{_DEVICE})?", "nothing, or a device such as cpu"),
    "save": (r"(?:limit|kill):[0-9]{1,15}|full", "limit:BYTES, kill:BYTES or full"),
    "torch-load": (_DEVICE, "a device such as cpu"),
    "unpickle": (_DEVICE, "a device such as cpu"),
    "map-first": (_DEVICE, "a device such as cpu"),
    "bad-map": (r"[a-z0-9]+", "a word such as cuda1"),
    "current": (_DEVICE, "a device such as cuda:1"),
    "ranks": (r"[1-9][0-9]?", "a number such as 4"),
    "rank-map": (r"[1-9][0-9]?", "a number such as 4"),
    "cpu-ranks": (r"[1-9][0-9]?", "a number such as 4"),
    "mmap-ranks": (r"[1-9][0-9]?", "a number such as 4"),
    "gpu-ranks": (r"[1-9][0-9]?", "a number such as 4"),
    "late-mask": (r"[a-z0-9]+", "a number such as 0, or empty"),
    "forward": (rf"(?:{_DEVICE})?", "nothing, or a device such as cpu"),
}


# The uses that take a device, and those that take none.
_USES = {use: True for use in (
    "load-into", "train", "train-fused", "train-moved", "train-assigned", "resume",
    "resume-counted", "data-parallel", "call", "move-and-call",
    "move-program-and-call")} | {"stored-device": False, "": False}


class BadRequest(Exception):
    """The request cannot be understood; says nothing about the checkpoint."""


@dataclass(frozen=True)
class Example:
    """The input that a module is called with: zeros."""
    dtype: str
    shape: list


@dataclass(frozen=True)
class Request:
    case: str
    checkpoint: str
    format: str
    strategy: str
    argument: str
    trust: bool
    example: Optional[Example]
    use: str = ""
    use_argument: str = ""


_FIELDS = {"case": str, "checkpoint": str, "format": str, "strategy": str, "argument": str,
           "trust": bool}


def _is_size(size):
    return isinstance(size, int) and not isinstance(size, bool) and size >= 0


def _example(message):
    if "example" not in message:
        raise BadRequest('the request\'s "example" is missing, expected null or a dtype and a shape')
    example = message["example"]
    if example is None:
        return None
    if (isinstance(example, dict) and isinstance(example.get("dtype"), str)
            and isinstance(example.get("shape"), list) and all(map(_is_size, example["shape"]))):
        return Example(example["dtype"], example["shape"])
    raise BadRequest(f"the request's \"example\" is {json.dumps(example)}, "
                     "expected null or a dtype and a shape")


def _parse(line):
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the request is not JSON: {error}") from None
    if not isinstance(message, dict):
        raise BadRequest(f"the request is a JSON {type(message).__name__}, expected an object")
    if message.get("protocol") != PROTOCOL:
        raise BadRequest(f"the request's protocol is {json.dumps(message.get('protocol'))}, "
                         f"this loader speaks {PROTOCOL}")
    for field, kind in _FIELDS.items():
        if not isinstance(message.get(field), kind):
            found = json.dumps(message[field]) if field in message else "missing"
            raise BadRequest(f"the request's \"{field}\" is {found}, expected a {kind.__name__}")
    return Request(**{field: message[field] for field in _FIELDS}, example=_example(message),
                   use=message.get("use", ""), use_argument=message.get("use_argument", ""))


def _check_use(request):
    if request.use not in _USES:
        raise BadRequest(f"unknown use '{request.use}'; known: {', '.join(filter(None, _USES))}")
    pattern = _DEVICE if _USES[request.use] else ""
    if not isinstance(request.use_argument, str) or not re.fullmatch(pattern, request.use_argument):
        raise BadRequest(f"use {request.use}: the argument is '{request.use_argument}', expected "
                         + ("a device such as cuda:0" if pattern else "no argument"))


def _check(request):
    if request.format not in FORMATS:
        raise BadRequest(f"unknown format '{request.format}'; known: {', '.join(FORMATS)}")
    if request.strategy not in _ARGUMENTS:
        raise BadRequest(f"unknown strategy '{request.strategy}'; known: {', '.join(_ARGUMENTS)}")
    pattern, words = _ARGUMENTS[request.strategy]
    if not re.fullmatch(pattern, request.argument):
        raise BadRequest(f"strategy {request.strategy}: the argument is '{request.argument}', "
                         f"expected {words}")
    _check_use(request)
    if request.format == "distributed" and os.path.isdir(request.checkpoint):
        return
    try:
        with open(request.checkpoint, "rb") as file:
            os.fstat(file.fileno())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadRequest(f"cannot open checkpoint '{request.checkpoint}': {reason}") from None


def read_request(stream):
    """Reads one request line from a binary stream. Raises BadRequest."""
    line = stream.readline(LONGEST_REQUEST + 1)
    if len(line) > LONGEST_REQUEST:
        raise BadRequest(f"the request is longer than {LONGEST_REQUEST} bytes")
    if not line.strip():
        raise BadRequest("standard input holds no request")
    request = _parse(line)
    _check(request)
    return request
