"""Owns: running a function of a test in a forked child that is a simulated host.

PyTorch is imported once, before any CUDA call; each child becomes a host of its own at its first
call. What the child returns, raises or prints, and what the flight record says, comes back."""

import json
import os
import signal
import sys
import tempfile
import traceback
from typing import NamedTuple

import torch

import host_file

# A child forked from a process whose OpenMP threads have run waits for them for ever.
torch.set_num_threads(1)


class Outcome(NamedTuple):
    value: object   # what the function returned (as JSON)
    raised: str     # "Type: text", "" if nothing
    signal: str     # "SIGSEGV", "" if it ended by itself
    stderr: str
    record: dict    # host_file.read_record

    def __repr__(self):
        return f"Outcome(value={self.value!r}, raised={self.raised!r}, signal={self.signal!r})"


H200_PAIR = [host_file.device(number=0), host_file.device(number=1)]


def _child(function, pipe, environment, error_file):
    os.dup2(error_file.fileno(), 2)
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    try:
        answer = {"value": function(), "raised": ""}
    except BaseException as error:  # reported, whatever it is
        traceback.print_exc()
        answer = {"value": None, "raised": f"{type(error).__name__}: {error}"}
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(pipe, "w") as out:
        json.dump(answer, out)


def on_host(function, devices=None, driver=13000, mask=None, start_error=0, rules=(),
            **environment):
    """Calls `function` in a child that is a host with these devices (two H200), and waits."""
    with tempfile.TemporaryDirectory() as folder:
        host, record = os.path.join(folder, "host"), os.path.join(folder, "record")
        host_file.write_host(host, H200_PAIR if devices is None else devices, driver,
                             start_error, rules)
        host_file.write_record(record)
        environment |= {"PORTCULLIS_SIM_HOST": host, "PORTCULLIS_SIM_RECORD": record,
                        "CUDA_VISIBLE_DEVICES": mask}
        with tempfile.TemporaryFile("w+") as errors:
            ours, theirs = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    _child(function, theirs, environment, errors)
                finally:
                    os._exit(0)
            os.close(theirs)
            with os.fdopen(ours) as pipe:
                answer = pipe.read()
            _, status = os.waitpid(child, 0)
            errors.seek(0)
            answer = json.loads(answer) if answer else {"value": None, "raised": ""}
            killed = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
            return Outcome(answer["value"], answer["raised"], killed, errors.read(),
                           host_file.read_record(record))
