"""Owns: writing calls.json: for each operator that PyTorch has for CUDA, one small call of it.

    record.py calls.json

The calls are what PyTorch's own tests do: its operator database (torch.testing._internal), forward and
backward on the CPU, watched by a dispatch mode. Of each operator the smallest call is kept, with the
values of its tensors. Run by hand for a new PyTorch version; needs numpy and expecttest. What is
recorded needs neither."""

import itertools
import json
import sys
import warnings

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import by_hand
from calls import encode, elements

LARGEST = 2048  # elements of a call's tensors together


class Recorder(TorchDispatchMode):
    def __init__(self, wanted):
        super().__init__()
        self.wanted = wanted
        self.calls = {}  # name → (size, encoded)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function._schema.name + (f".{function._schema.overload_name}"
                                        if function._schema.overload_name else "")
        if name.partition(".")[0].rstrip("_") in self.wanted:
            self.keep(name, args, kwargs)
        return function(*args, **kwargs)

    def keep(self, name, args, kwargs):
        size = elements([args, kwargs])
        known = self.calls.get(name)
        cost = size if size >= 4 else 10000 - size  # one element shows little, and none nothing
        if size > LARGEST or (known and known[0] <= cost):
            return
        try:
            self.calls[name] = (cost, encode([list(args), kwargs]))
        except TypeError:
            pass  # an argument that is no value: a storage, a process group


def watch(recorder, function, *args, **kwargs):
    """Calls it forward, and backward where that is possible."""
    with recorder:
        result = function(*args, **kwargs)
        outputs = [t for t in torch.utils._pytree.tree_leaves(result)
                   if isinstance(t, torch.Tensor) and t.requires_grad]
        if outputs:
            sum(t.abs().sum() for t in outputs).backward()


def samples(operator, dtype):
    grad = operator.supports_autograd and dtype in (torch.float32, torch.complex64)
    if "_foreach_" in operator.name:
        yield from operator.sample_inputs("cpu", dtype, num_input_tensors=[2],
                                          allow_higher_dtype_scalars=False)
    else:
        yield from itertools.islice(operator.sample_inputs("cpu", dtype, requires_grad=grad), 25)


def of_database(recorder):
    from torch.testing._internal import common_methods_invocations as database
    operators = list(database.op_db)
    for name in dir(database):
        if name.startswith("foreach_") and name.endswith("_op_db"):
            operators += getattr(database, name)
    for operator, dtype in itertools.product(
            operators, (torch.float32, torch.int64, torch.complex64, torch.bool)):
        if dtype not in operator.dtypes:
            continue
        try:
            for sample in samples(operator, dtype):
                for variant in (operator.op, operator.inplace_variant):
                    try:
                        with torch.set_grad_enabled(variant is operator.op):
                            watch(recorder, variant, sample.input, *sample.args, **sample.kwargs)
                    except Exception:  # a sample that this variant refuses, or no variant
                        pass
        except Exception as error:
            print(f"{operator.full_name} {dtype}: {error}", file=sys.stderr)


def record(wanted):
    recorder = Recorder({name.partition(".")[0].rstrip("_") for name in wanted})
    of_database(recorder)
    for function in by_hand.CALLS:
        try:
            watch(recorder, function)
        except Exception as error:
            print(f"call by hand, line {function.__code__.co_firstlineno}: {error}", file=sys.stderr)
    return recorder.calls


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    wanted = set(torch._C._dispatch_get_registrations_for_dispatch_key("CUDA"))
    calls = record(wanted)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        rows = [f"{json.dumps(name)}: {json.dumps(calls[name][1], separators=(',', ':'))}"
                for name in sorted(calls)]
        file.write("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{len(calls)} of {len(wanted)} operators")


if __name__ == "__main__":
    main()
