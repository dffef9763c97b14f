"""Owns: making it fail to save, in this process, from now on.

limit:N  no file grows beyond N bytes, and writing on is an error (EFBIG)
kill:N   no file grows beyond N bytes, and writing on ends the process (SIGXFSZ)
full     what is saved goes to a disk that is full (ENOSPC)

setrlimit(2) has the first two, full(4) the last. Imports nothing of PyTorch.
"""

import os
import resource
import signal

SAVED_FILE = "saved.pt"  # kSavedFile of protocol.h


def prepare(argument):
    kind, _, size = argument.partition(":")
    if kind == "full":
        os.symlink("/dev/full", SAVED_FILE)
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN if kind == "limit" else signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
