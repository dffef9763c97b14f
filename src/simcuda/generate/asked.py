"""Owns: what a runtime asks of the three libraries that are simulated, and whether the entry-point
tables know all of it. It asks in two ways: its libraries import, and c10/cuda/driver_api.cpp and
torch/cuda/__init__.py look functions up by name at run time."""

import json
import pathlib
import re
from typing import NamedTuple

import imports
import tables

HERE = pathlib.Path(__file__).resolve().parent
TABLES = HERE.parent / "table"


class Way(NamedTuple):
    table: str
    by_name: bool  # then a version suffix does not count: the newest form is found


# In the lists of table/imports, the first word of a line.
WAYS = {
    "cudart": Way("cudart.table", False),
    "driver": Way("driver.table", False),
    "driver-by-name": Way("driver.table", True),
    "nvml-by-name": Way("nvml.table", True),
}


def inert_libraries():
    return json.loads((HERE / "inert_libraries.json").read_text(encoding="utf-8"))


def library_of(name, known):
    """The inert library whose prefix is the longest that fits."""
    fits = [(len(prefix), library["stem"]) for library in known for prefix in library["prefixes"]
            if name.startswith(prefix)]
    return max(fits)[1] if fits else ""


def _is_driver(item, known):
    return item.soname.startswith("libcuda.so") or (
        not item.soname and re.match("cu[A-Z]", item.name) and not library_of(item.name, known))


def _names_in_python(torch):
    """NVML's functions that torch/cuda/__init__.py calls through ctypes."""
    file = torch / "cuda" / "__init__.py"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return set(re.findall(r"nvml_h\.(nvml[A-Z]\w+)", text))


def asked_of(torch, used):
    """{way: names}; `used` is what imports.read_runtime found."""
    known = inert_libraries()["libraries"]
    cuda = torch / "lib" / "libc10_cuda.so"
    return {
        "cudart": {item.name for item in used if item.soname.startswith("libcudart.so")},
        "driver": {item.name for item in used if _is_driver(item, known)},
        "driver-by-name": imports.read_names(cuda, "cu"),
        "nvml-by-name": imports.read_names(cuda, "nvml") | _names_in_python(torch),
    }


def _without_version(name):
    return re.sub(r"_v\d+$", "", name)


def unknown(asked, major):
    """A sentence for each way in which the tables lack something."""
    sentences = []
    for way, names in asked.items():
        table, by_name = WAYS[way]
        entries = {entry.name for entry in tables.of_major(tables.read_table(TABLES / table), major)}
        plain = _without_version if by_name else str
        known = {plain(name) for name in entries}
        missing = sorted(name for name in names if plain(name) not in known)
        if missing:
            sentences.append(f"{way}: {table} does not know {', '.join(missing)} for CUDA {major}. "
                             "Add a row for each.")
    return sentences
