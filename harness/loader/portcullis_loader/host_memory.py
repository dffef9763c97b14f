"""Owns: a host that is short of memory: a limit on what this process may add to what it has.

setrlimit(2) has it, RLIMIT_DATA: memory that is the process's own, and not the pages of a file that it
shares. That of a simulated GPU counts too: reserve it before. Imports nothing of PyTorch.
"""

import contextlib
import ctypes
import resource

_M_MMAP_THRESHOLD = -3  # malloc.h


@contextlib.contextmanager
def limited(room):
    """Within it, `room` bytes more than now are all that there is."""
    # Tensors get memory of their own from the kernel, which is gone when they are; in holes of the heap
    # the next one might not fit.
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 128 << 10)
    # Python's own small objects must not be what finds no memory: it gets a megabyte of its own now,
    # which one object of twenty thousand keeps from being given back.
    kept = [float(number) for number in range(100_000)][::20_000]
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_own_memory() + room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        del kept


def _own_memory():
    """Bytes that the limit counts, as proc(5) has them."""
    with open("/proc/self/status", encoding="ascii") as status:
        (line,) = (line for line in status if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024
