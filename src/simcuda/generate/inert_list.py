"""Owns: what a runtime needs of NVIDIA's libraries that are inert: read from the runtime, and the lists
of it in table/imports/inert, from which a package is built where no PyTorch is.

A line of a list: the library's soname, then a function, then its version node where it has one. A
library of which nothing is imported has a line with its soname alone."""

import asked
import imports

LISTS = asked.TABLES / "imports" / "inert"


def stem_of(soname):
    """libcublas of libcublas.so.13"""
    return soname.split(".so")[0]


def wanted(used, needed, known):
    """{soname: imports} for each inert library; `used` and `needed` are of imports.read_runtime."""
    found = {}
    for library in known:
        for soname in needed:
            if stem_of(soname) == library["stem"]:
                found[soname] = {item for item in used if item.soname == soname or
                                 (not item.soname
                                  and asked.library_of(item.name, known) == library["stem"])}
    return found


def text_of(version, wanted):
    lines = [f"# What PyTorch {version} needs of the inert libraries. Written by "
             "src/simcuda/generate/import_list.py."]
    for soname, items in wanted.items():
        lines += [f"{soname} {item.name} {item.node}".rstrip() for item in sorted(items)] or [soname]
    return "\n".join(lines) + "\n"


def read(version):
    """{soname: imports} of the list of that version."""
    found = {}
    for line in (LISTS / f"{version}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        soname, *item = line.split()
        items = found.setdefault(soname, set())
        if item:
            name, node = (*item, "")[:2]
            items.add(imports.Import(name, soname if node else "", node))
    return found
