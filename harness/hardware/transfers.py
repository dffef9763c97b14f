"""Times how weights reach their device, on this machine: load then .to() against map_location.

    transfers.py --folder SCRATCH --largest BYTES [--repeat N] [--seconds N]

Owns: the timing of real loads by size, way and state of the page cache; one JSON object on standard
output. Absolute times belong to this machine: the device's name stands beside them. Sizes that do not
fit, and those for which no time is left, are named under "left_out".
"""

import argparse
import json
import os
import shutil
import sys
import time

import torch

SMALLEST = 64 << 20
ONCE = 1 << 30  # from here on they are loaded once each way
NO_TIME = "no time left"
STEP = 4  # 64 MiB, 256 MiB, 1 GiB, 4 GiB; and the largest itself

WAYS = {
    "load-then-to=cpu": lambda path: torch.load(path).to("cpu"),
    "map-location=cpu": lambda path: torch.load(path, map_location="cpu"),
    "cpu-then-to=cuda:0": lambda path: torch.load(path, map_location="cpu").to("cuda:0"),
    "map-location=cuda:0": lambda path: torch.load(path, map_location="cuda:0"),
}
TWO_GPUS = {
    "load-then-to=cuda:1": lambda path: torch.load(path).to("cuda:1"),
    "map-location=cuda:1": lambda path: torch.load(path, map_location="cuda:1"),
}


def sizes(largest):
    size = min(SMALLEST, largest)
    while size < largest:
        yield size
        size *= STEP
    yield largest


def forget_pages(path):
    """The next read of the file comes from the disk, as far as the system follows the advice."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(way, path):
    torch.cuda.synchronize()
    start = time.perf_counter()
    loaded = way(path)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    del loaded
    torch.cuda.empty_cache()
    return seconds


def rows_of(path, size, repeat, deadline, left_out):
    ways = WAYS | (TWO_GPUS if torch.cuda.device_count() > 1 else {})
    for name, way in ways.items():
        if time.monotonic() > deadline:
            left_out.append({"bytes": size, "way": name, "because": NO_TIME})
            continue
        if repeat > 1:
            timed(way, path)  # not counted: the first one pays for start-up
        for cache in ("cold", "warm"):
            seconds = []
            for _ in range(repeat):
                if cache == "cold":
                    forget_pages(path)
                seconds.append(round(timed(way, path), 6))
            yield {"bytes": size, "way": name, "cache": cache, "seconds": seconds}


def lacks_room(folder, size):
    """Why a file of that size cannot be timed here, or ""."""
    if shutil.disk_usage(folder).free < size + (size >> 3):
        return "no room on the disk"
    if torch.cuda.mem_get_info(0)[0] < 2 * size:  # a move holds it twice
        return "no room on the GPU"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return "no room in memory" if memory < 3 * size else ""


def save(size, path):
    # Filled on the CPU: a simulated GPU that does not compute cannot.
    weights = torch.zeros(size, dtype=torch.uint8).to("cuda:0")
    torch.save(weights, path)
    del weights
    torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--largest", type=int, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=150)
    arguments = parser.parse_args()
    deadline = time.monotonic() + arguments.seconds
    path = os.path.join(arguments.folder, "weights.pt")
    rows, left_out = [], []
    for size in sizes(arguments.largest):
        why = NO_TIME if time.monotonic() > deadline else lacks_room(arguments.folder, size)
        if why:
            left_out.append({"bytes": size, "because": why})
            continue
        save(size, path)
        repeat = 1 if size >= ONCE else arguments.repeat
        rows += rows_of(path, size, repeat, deadline, left_out)
        os.remove(path)
        print(f"transfers of {size >> 20} MiB timed", file=sys.stderr)
    json.dump({"device": torch.cuda.get_device_name(0), "torch": torch.__version__,
               "rows": rows, "left_out": left_out}, sys.stdout)


if __name__ == "__main__":
    main()
