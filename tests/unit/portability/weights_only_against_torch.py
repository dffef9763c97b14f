# Holds our list of what weights_only=True accepts against PyTorch's own, both ways: what it allows
# we must accept; of all the names that it could be asked for we must accept no other.
#
#   weights_only_against_torch.py PROGRAM    prints nothing if both agree; 77: PyTorch is not here
import subprocess
import sys

SKIPPED = 77


def allowed_by_torch(torch):
    from torch._weights_only_unpickler import _get_allowed_globals
    allowed = set(_get_allowed_globals())
    # The unpickler takes Python 2's name of builtins for the same (find_class by NAME_MAPPING).
    allowed |= {name.replace("builtins.", "__builtin__.") for name in allowed
                if name.startswith("builtins.")}
    return allowed


def candidates(torch):
    """Every public and private name of the modules that a checkpoint is made of, and old classes
    in every spelling, whether or not they exist."""
    import builtins
    import collections
    import torch.serialization
    modules = {"builtins": builtins, "__builtin__": builtins, "collections": collections,
               "torch": torch, "torch._utils": torch._utils, "torch._tensor": torch._tensor,
               "torch.storage": torch.storage, "torch.serialization": torch.serialization,
               "torch.nn.parameter": torch.nn.parameter, "torch.cuda": torch.cuda,
               "torch.sparse": torch.sparse}
    names = {f"{module}.{name}" for module, value in modules.items() for name in dir(value)}
    kinds = {name.removesuffix(end) for name in dir(torch) for end in ("Storage", "Tensor")
             if name.endswith(end)} | {"QInt8", "QInt32", "QUInt8", "QUInt4x2", "QUInt2x4", "Bool"}
    for kind in kinds:
        for module in ("torch", "torch.cuda", "torch.sparse", "torch.cuda.sparse", "torch.xpu"):
            names |= {f"{module}.{kind}Storage", f"{module}.{kind}Tensor"}
    for width in range(130):
        names |= {f"torch.{kind}{width}" for kind in ("int", "uint", "quint", "qint", "float")}
    return names


def main():
    try:
        import torch
    except ImportError as error:
        print(f"skipped: {error}")
        return SKIPPED
    allowed = allowed_by_torch(torch)
    asked = allowed | candidates(torch)
    done = subprocess.run([sys.argv[1], str(torch.__version__)], input="\n".join(sorted(asked)) + "\n", text=True,
                          capture_output=True, check=True)
    accepted = set(done.stdout.split())
    for name in sorted(allowed - accepted):
        print(f"PyTorch accepts {name}, we do not")
    for name in sorted(accepted - allowed):
        print(f"we accept {name}, PyTorch does not")
    print(f"{len(asked)} names asked, {len(allowed)} accepted by PyTorch")
    return 0 if accepted == allowed else 1


if __name__ == "__main__":
    sys.exit(main())
