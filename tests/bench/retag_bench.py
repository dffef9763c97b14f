# What retagging a large checkpoint costs: the whole process, against loading and saving it again.
#   retag_bench.py [GIB]    the checkpoint's size; default 4. Nearly all of it is a hole.
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

PROGRAM = os.environ["PORTCULLIS"]
GIB = int(sys.argv[1]) if len(sys.argv) > 1 else 4
RUNS = 9
ENVIRONMENT = {"PATH": os.environ["PATH"]}  # without the stand-ins, which Portcullis does not need

RESAVE = """
import sys, torch
torch.save(torch.load(sys.argv[1], map_location="cpu"), sys.argv[2])
"""


def seconds(*command, environment=None):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def make(path):
    torch.serialization.register_package(5, lambda s: "cuda:0", lambda s, tag: None)
    with torch.serialization.skip_data():
        torch.save({"weight": torch.empty(GIB << 30, dtype=torch.uint8)}, path)


def retag(path, *arguments):
    return seconds(PROGRAM, "retag", path, *arguments, environment=ENVIRONMENT)


def in_place(folder):
    """Median seconds of a start that does nothing, of retag --in-place, and of --undo."""
    path = pathlib.Path(folder) / "model.pt"
    make(path)
    starts, retags, undos = [], [], []
    for _ in range(RUNS):
        starts.append(seconds(PROGRAM, "--version", environment=ENVIRONMENT))
        retags.append(retag(path, "--to", "cpu", "--in-place"))
        undos.append(retag(path, "--undo"))
    return [statistics.median(times) for times in (starts, retags, undos)], path


def row(text, value, per):
    print(f"{text:<52} {value * 1000:>10.1f} ms {per / value:>8.0f} x")


def main():
    print(f"a checkpoint of {GIB} GiB, one tensor tagged cuda:0; medians of {RUNS}")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory, \
            tempfile.TemporaryDirectory() as disk:
        (start, unflushed, undo), path = in_place(memory)
        (_, flushed, _), path = in_place(disk)
        resave = seconds(sys.executable, "-W", "ignore", "-c", RESAVE, path,
                         pathlib.Path(disk) / "saved.pt")
        row("load and save again with PyTorch, once", resave, resave)
        row("retag --in-place, on a disk (two flushes)", flushed, resave)
        row("retag --in-place, in memory (nothing to flush)", unflushed, resave)
        row("retag --undo, in memory", undo, resave)
        row("portcullis --version: a start that does nothing", start, resave)


if __name__ == "__main__":
    main()
