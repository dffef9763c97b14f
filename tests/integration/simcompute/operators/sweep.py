"""Owns: asking every operator that PyTorch's dispatcher has for CUDA to compute on a simulated GPU, and
holding what it says against the CPU's result."""

import collections
import json
import pathlib

import torch
from torch.utils._pytree import tree_leaves, tree_map

import more
import references
import variants
from calls import decode, encode

CALLS = pathlib.Path(__file__).with_name("calls.json")

# What became of an operator, in the order of the page.
COMPUTED, RANDOM, OWN, REFUSED, UNTRIED = "computed", "random", "own", "refused", "untried"
WRONG = "wrong"
# Of a call in another dtype, or with gaps.
EQUAL, ALIKE, NONE = "equal", "alike", "none"

# PyTorch's own code for CUDA, which needs no kernel (src/simcompute/operators.cpp), and collectives,
# which are the process group's.
_OWN = {"_efficientzerotensor", "_local_scalar_dense", "_reshape_alias", "as_strided",
        "empty.memory_format", "empty_strided", "is_set_to", "record_stream", "resize_", "set_",
        "set_.source_Storage", "set_.source_Storage_storage_offset", "set_.source_Tensor", "unfold",
        "view", "view.dtype", "view_as_complex", "view_as_real"}


def operators():
    return sorted(torch._C._dispatch_get_registrations_for_dispatch_key("CUDA"))


def _split(name):
    base, _, overload = name.partition(".")
    return base, overload


def _schema(name):
    return torch._C._get_schema(*_split(name))


def _call(name, args, kwargs):
    base, overload = _split(name)
    return torch._C._get_operation_overload(base, overload)[0](*args, **kwargs)


class Known:
    """The recorded calls, and those that follow from them: of x.out and x_ from that of x."""

    def __init__(self):
        self._calls = json.loads(CALLS.read_text(encoding="utf-8"))
        self._relatives = collections.defaultdict(list)
        for name in self._calls:
            self._relatives[_split(name)[0].rstrip("_")].append(name)

    def find(self, name):
        """(positional, keyword) as encoded, and the operator that it was recorded for; or None."""
        if name in self._calls:
            return self._calls[name], name
        wanted = _inputs(name)
        for relative in self._relatives[_split(name)[0].rstrip("_")]:
            if _inputs(relative) == wanted:
                return self._calls[relative], relative
        return None


def _inputs(name):
    return [str(a.type) for a in _schema(name).arguments if not a.is_out]


def _outs(name):
    return [a.name for a in _schema(name).arguments if a.is_out]


def _places(value, device):
    return tree_map(lambda t: t.to(device) if isinstance(t, torch.Tensor) else t, value)


def _compare(expected, found, device="cuda"):
    one, other = tree_leaves(expected), tree_leaves(found)
    if len(one) != len(other):
        return f"{len(other)} results, expected {len(one)}"
    for a, b in zip(one, other):
        if isinstance(a, torch.device):
            continue
        if not isinstance(a, torch.Tensor):
            if a != b and not (a != a and b != b):
                return f"{b}, expected {a}"
            continue
        if b.device.type != device:
            return f"a result on {b.device}"
        if a.layout != torch.strided:
            a, b = a.to_dense(), b.to_dense()
        try:
            torch.testing.assert_close(b.cpu(), a, equal_nan=True, check_stride=False)
        except AssertionError as error:
            return str(error).split("\n")[0]
    return ""


def _is_random(name):
    return torch.Tag.nondeterministic_seeded in torch._C._get_operation_overload(*_split(name))[2]


def _run(name, encoded, source, device, sized=False):
    """The results and the arguments afterwards: written ones are results too. Outputs begin empty, or
    with the size that they will have."""
    args, kwargs = decode(encoded[0], device), decode(encoded[1], device)
    outs = _outs(name)
    if outs and not set(outs) & set(kwargs):
        results = _call(source, decode(encoded[0]), decode(encoded[1]))
        tensors = [t for t in tree_leaves(results) if isinstance(t, torch.Tensor)]
        for out, tensor in zip(outs, tensors):
            shape = tensor.shape if sized else (0,)
            kwargs[out] = torch.empty(shape, dtype=tensor.dtype, device=device)
    torch.manual_seed(7)
    with torch.no_grad():
        results = _call(name, args, kwargs)
    return [results, args, kwargs]


def _run_on_cpu(name, encoded, source):
    """(what it gives, whether its outputs must have their size before). Raises what the CPU raises."""
    try:
        return _run(name, encoded, source, "cpu"), False
    except RuntimeError:
        return _run(name, encoded, source, "cpu", sized=True), True


def _check_random(name, encoded, source, sized):
    first, again = (_run(name, encoded, source, "cuda", sized) for _ in range(2))
    return _compare(_places(first, "cpu"), again)


def _values(results):
    return [value for value in tree_leaves(results) if isinstance(value, (torch.Tensor, bool))]


def _try_reference(name):
    args, kwargs, reference = references.CALLS[name]
    wanted = tree_map(lambda t: t.clone() if isinstance(t, torch.Tensor) else t, args)
    expected = _values(reference(*wanted))
    there = _places(args, "cuda")
    found = _values(_call(name, there, _places(kwargs, "cuda")))
    # Behind what the reference knows stand workspaces and states of random numbers.
    return _compare([expected, wanted], [found[:len(expected)], there])


def _try_more(name):
    args, kwargs = more.CALLS[name]
    copies = tree_map(lambda t: t.clone() if isinstance(t, torch.Tensor) else t, args)
    there = _places(copies, "cuda")
    expected = [_call(name, copies, kwargs), copies]
    try:
        return COMPUTED, _compare(expected, [_call(name, there, _places(kwargs, "cuda")), there])
    except NotImplementedError as error:
        if _refuses(name, error):
            return REFUSED, ""
        raise


def _nothing(argument):
    """Any value of an argument's type."""
    kind = str(argument.type)
    if kind == "Optional[Device]":
        return torch.device("cuda")
    if kind.startswith("Optional"):
        return None
    if argument.N is not None:
        return [False] * argument.N
    plain = {"Tensor": lambda: torch.ones(1, device="cuda"), "List[Tensor]": list, "int": int,
             "float": float, "bool": bool, "str": str, "number": int, "SymInt": int,
             "Device": lambda: torch.device("cuda"), "Storage": list}
    return plain.get(kind, list)()


def _refusal(name):
    """The text with which it refuses any call, or "". Not asked of operators that the CPU has: some of
    its kernels cannot bear senseless arguments."""
    if torch._C._dispatch_has_computed_kernel_for_dispatch_key(name, "CPU"):
        return ""
    arguments = _schema(name).arguments
    args = [_nothing(a) for a in arguments if not a.kwarg_only]
    kwargs = {a.name: _nothing(a) for a in arguments if a.kwarg_only}
    if not any(isinstance(a, torch.Tensor) for a in args):
        args = [[torch.ones(1, device="cuda")] if str(a.type) == "List[Tensor]" else v
                for a, v in zip(arguments, args)]
    try:
        _call(name, args, kwargs)
    except NotImplementedError as error:
        return str(error) if _refuses(name, error) else ""
    except Exception:
        return ""
    return ""


def _refuses(name, error):
    return str(error).startswith(f"{name} is not computed on a simulated GPU")


def _try(name, known):
    """(what became of it, why)"""
    if name.partition("::")[2] in _OWN or name.startswith("c10d::"):
        return OWN, ""
    if name in references.CALLS:
        why = _try_reference(name)
        return (WRONG, why) if why else (COMPUTED, "")
    if name in references.RANDOM:
        why = _check_random(name, encode(list(references.RANDOM[name])), name, False)
        return (WRONG, why) if why else (RANDOM, "")
    if name in more.NO_CALL:
        return UNTRIED, more.NO_CALL[name]
    if name in more.CALLS:
        what, why = _try_more(name)
        return (WRONG, why) if why else (what, "")
    if _refusal(name):
        return REFUSED, ""
    found = known.find(name)
    if not found:
        return UNTRIED, ""
    try:
        expected, sized = _run_on_cpu(name, *found)
    except Exception as error:
        return UNTRIED, f"the CPU: {error}"
    if _is_random(name):
        why = _check_random(name, *found, sized)
        return (WRONG, why) if why else (RANDOM, "")
    try:
        there = _run(name, *found, "cuda", sized)
    except NotImplementedError as error:
        if _refuses(name, error):
            return REFUSED, ""
        raise
    why = _compare(expected, there)
    return (WRONG, why) if why else (COMPUTED, "")


class Varied:
    """Of one variant, how many calls came out how; and which ones wrong."""

    def __init__(self):
        self.counts = {EQUAL: 0, ALIKE: 0, REFUSED: 0, NONE: 0, WRONG: 0}
        self.wrong = []

    def add(self, name, what, why=""):
        self.counts[what] += 1
        if what == WRONG:
            self.wrong.append(f"{name}: {why}")


def _cpu_result(name, call, encoded, source, variant):
    """As _run_on_cpu; None where the CPU has no kernel for it, or one that does not heed gaps."""
    try:
        result = _run_on_cpu(name, call, source)
        if variant == variants.GAPS and not _is_random(name):
            without, _ = _run_on_cpu(name, encoded, source)
            return None if _compare(without, result[0], "cpu") else result
        return result
    except Exception:
        return None


def _try_variant(name, call, encoded, source, variant):
    expected = _cpu_result(name, call, encoded, source, variant)
    if expected is None:
        return NONE, ""
    try:
        if _is_random(name):
            why = _check_random(name, call, source, expected[1])
            return (WRONG, why) if why else (ALIKE, "")
        why = _compare(expected[0], _run(name, call, source, "cuda", expected[1]))
        return (WRONG, why) if why else (EQUAL, "")
    except Exception as error:  # whatever a kernel throws is a result
        if _refuses(name, error):
            return REFUSED, ""
        return WRONG, f"{type(error).__name__}: {error}".split("\n")[0]


def sweep_variants():
    """Variant → [its counts, which calls came out wrong], of the recorded calls."""
    known = Known()
    found = collections.defaultdict(Varied)
    for name in operators():
        if name.partition("::")[2] in _OWN or name.startswith("c10d::") or _refusal(name):
            continue
        call = known.find(name)
        if not call:
            continue
        for variant, changed in variants.of(call[0]):
            found[variant].add(name, *_try_variant(name, changed, *call, variant))
    return {variant: [varied.counts, varied.wrong] for variant, varied in found.items()}


def sweep(names=None):
    """Operator → [what became of it, why]."""
    names = names or operators()
    torch.ones(1, device="cuda")  # the first use of a device puts the kernels there
    known = Known()
    outcomes = {}
    for name in names:
        try:
            outcomes[name] = list(_try(name, known))
        except Exception as error:  # whatever a kernel throws is a result of the sweep
            outcomes[name] = [WRONG, f"{type(error).__name__}: {error}".split("\n")[0]]
    return outcomes
