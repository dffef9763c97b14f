"""Owns: what a runtime's libraries import from NVIDIA's, read with readelf."""

import collections
import re
import subprocess
from typing import NamedTuple

VERSION_FILE = re.compile(r"Version: 1  File: (\S+)")
VERSION_NAME = re.compile(r"Name: (\S+)\s+Flags: \S+\s+Version: (\d+)")
SYMBOL = re.compile(r"^\s*\d+: \S+\s+\d+ (\S+)\s+(\S+)\s+\S+\s+UND ([^\s@]+)(?:@(\S+) \((\d+)\))?")
NEEDED = re.compile(r"\(NEEDED\)\s+Shared library: \[(.+)\]")


class Import(NamedTuple):
    name: str
    soname: str  # "" if the symbol has no version, so that the library is not known
    node: str    # version node, "" if none


def readelf(library, *arguments):
    return subprocess.run(["readelf", "-W", *arguments, str(library)], check=True,
                          capture_output=True, text=True).stdout


def version_files(library):
    """Version number in the symbol table → (soname, version node)."""
    files, soname = {}, ""
    for line in readelf(library, "-V").splitlines():
        if found := VERSION_FILE.search(line):
            soname = found[1]
        elif soname and (found := VERSION_NAME.search(line)):
            files[int(found[2])] = (soname, found[1])
    return files


def read_imports(library):
    """Every function that a shared library imports and cannot do without."""
    versions = version_files(library)
    for line in readelf(library, "--dyn-syms").splitlines():
        found = SYMBOL.match(line)
        if not found or found[2] == "WEAK":
            continue
        soname, node = versions.get(int(found[5]), ("", "")) if found[5] else ("", "")
        yield Import(found[3], soname, node)


def read_names(library, prefix):
    """Names that a library holds as text, to look functions up by: every whole string of this form."""
    pattern = rb"\0(%s[A-Z]\w+)(?=\0)" % prefix.encode()
    return {found.decode() for found in re.findall(pattern, library.read_bytes())}


def read_needed(library):
    return NEEDED.findall(readelf(library, "-d"))


def read_runtime(folder):
    """(imports, sonames needed) of all shared libraries in a runtime's lib folder."""
    imports, needed = set(), collections.OrderedDict()
    for library in sorted(folder.glob("*.so*")):
        imports.update(read_imports(library))
        needed.update(dict.fromkeys(read_needed(library)))
    return imports, list(needed)
