"""Owns: the warm loader in Python (protocol.h): forking for each case, and becoming its child.

Imports nothing of PyTorch.
"""

import ctypes
import gc
import os
import signal
import socket
import sys
import traceback

from portcullis_loader.request import BadRequest

SERVE_FD_VARIABLE = "PORTCULLIS_SERVE_FD"
LONGEST_CASE = 1 << 20  # bytes of its environment
_DESCRIPTORS = 5        # standard input, output, error, the answer pipe, the folder
_PR_SET_PDEATHSIG = 1   # linux/prctl.h


def _open_socket():
    text = os.environ.get(SERVE_FD_VARIABLE, "")
    try:
        return socket.socket(fileno=int(text))
    except (OSError, ValueError) as error:
        raise BadRequest(f"{SERVE_FD_VARIABLE} is '{text}', expected the number of a socket: "
                         f"{error}") from None


def _refuse_threads():
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise BadRequest(f"cannot fork for cases: this process has {threads} threads, expected 1")


def _become(entries, descriptors, server, loader, prctl):
    """Makes this process, a child of `loader`, what a fresh process for this case would be. The
    answer pipe takes the place of the socket."""
    os.setpgid(0, 0)
    if prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError("prctl")
    if os.getppid() != loader:  # it died before the line above
        os._exit(127)
    for descriptor, place in zip(descriptors, (0, 1, 2, server.fileno())):
        os.dup2(descriptor, place)
    os.fchdir(descriptors[-1])
    for descriptor in descriptors:
        os.close(descriptor)
    os.environb.clear()
    for entry in entries.rstrip(b"\0").split(b"\0"):
        name, _, value = entry.partition(b"=")
        os.environb[name] = value


def _perform_and_exit(perform):
    """Ends this process with what perform() returns, without finalising the interpreter."""
    code = 1
    try:
        code = perform()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _how_it_ended(child):
    """Without waiting for the child for good."""
    end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    word = "exited" if end.si_code == os.CLD_EXITED else "killed"
    return f"{word} {end.si_status}".encode()


def serve(perform, prepare):
    """Serves until the harness closes the socket; the exit code. Each child takes on its case's
    surroundings and ends with what perform() returns. prepare(environment) is called here before a
    child is forked. Raises BadRequest as Serve() of serve.h."""
    server = _open_socket()
    prctl = ctypes.CDLL(None).prctl
    _refuse_threads()
    gc.collect()
    gc.freeze()  # or a collection in a child would touch, and so copy, every object of the parent
    loader = os.getpid()
    child = None
    server.send(b"ready")
    while True:
        entries, descriptors, flags, _ = socket.recv_fds(
            server, LONGEST_CASE, _DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
        if not entries:
            return 0
        if len(descriptors) != _DESCRIPTORS or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise BadRequest(f"a case of {len(entries)} bytes with {len(descriptors)} descriptors, "
                             f"expected at most {LONGEST_CASE} and {_DESCRIPTORS}")
        if child is not None:
            os.waitpid(child, 0)
        prepare(entries)
        child = os.fork()
        if child == 0:
            _run_child(entries, descriptors, server, loader, prctl, perform)
        try:
            os.setpgid(child, child)  # here too: the harness may signal the group at once
        except OSError:
            pass  # it has ended already
        for descriptor in descriptors:
            os.close(descriptor)
        server.send(f"forked {child}".encode())
        server.send(_how_it_ended(child))


def _run_child(entries, descriptors, server, loader, prctl, perform):
    try:
        _become(entries, descriptors, server, loader, prctl)
    except BaseException:
        traceback.print_exc()
        os._exit(2)
    _perform_and_exit(perform)
