"""Owns: the inert stand-ins of one runtime: a C file for each library of inert_libraries.json that the
runtime needs, compiled. What it needs is read from the runtime itself, and nothing is made if the
entry-point tables lack any of what it asks for; or, where it is not here, from its list in
table/imports/inert."""

import argparse
import json
import pathlib
import re
import subprocess

import asked
import imports
import inert_list

SOURCE_HEAD = """/* Generated: {soname}, inert. Every call fails with {means}. */
#include <stddef.h>
#include <stdlib.h>

#include "src/simcuda/interface/bridge.h"

#define EXPORT __attribute__((visibility("default")))
#define REFUSE(name) {{ portcullis_sim_refuse("{soname}", #name); return {status}; }}
#define REFUSED(name) EXPORT long name(void) REFUSE(name)
#define UNLESS_COMPUTING_REFUSE(name) if (!portcullis_sim_computes()) REFUSE(name)

"""


def text(value):
    return json.dumps(value)


def refused(name, library, body):
    """A function that names itself before it answers."""
    return body.replace("{", f'{{ portcullis_sim_refuse("{library}", "{name}");', 1)


# Kind of answer (inert_libraries.json) → C definition of one function.
ANSWERS = {
    "text": lambda name, v, lib: f"EXPORT const char* {name}(void) {{ return {text(v)}; }}",
    "value": lambda name, v, lib: f"EXPORT size_t {name}(void) {{ return {v}; }}",
    "null": lambda name, v, lib: refused(
        name, lib, f"EXPORT void* {name}(void) {{ return NULL; }}"),
    "nothing": lambda name, v, lib: refused(name, lib, f"EXPORT void {name}(void) {{ }}"),
    "read": lambda name, v, lib: refused(name, lib, f"EXPORT long {name}(void) {{ return -1; }}"),
    "store": lambda name, v, lib: "EXPORT int {}({}) {{ {} return 0; }}".format(
        name, ", ".join(f"int* a{i}" for i in range(len(v))),
        " ".join(f"if (a{i}) *a{i} = {n};" for i, n in enumerate(v))),
    "property": lambda name, v, lib: (
        f"EXPORT int {name}(int type, int* value) {{ static const int parts[] = {{{v}}}; "
        "if (type < 0 || type > 2) return 1; *value = parts[type]; return 0; }"),
    "fill": lambda name, v, lib: (
        f"EXPORT void {name}(char* to, size_t room) {{ const char* from = {text(v)}; "
        "if (!room) return; while (--room && *from) *to++ = *from++; *to = 0; }"),
    "handle": lambda name, v, lib: (
        f"EXPORT int {name}(void** to) {{ UNLESS_COMPUTING_REFUSE({name}) "
        f"return (*to = malloc(1)) ? 0 : {v}; }}"),
    "release": lambda name, v, lib: (
        f"EXPORT int {name}(void* handle) {{ UNLESS_COMPUTING_REFUSE({name}) free(handle); return 0; }}"),
    "grant": lambda name, v, lib: (
        f"EXPORT int {name}(void) {{ UNLESS_COMPUTING_REFUSE({name}) return 0; }}"),
    "through": lambda name, v, lib: (
        f"EXPORT int {name}(int code, const char** to) {{ (void)code; *to = {text(v)}; return 0; }}"),
}


class Versions:
    """What a runtime was compiled against, to be filled into the answers."""

    def __init__(self, parts, cuda):
        self.parts, self.cuda = parts, cuda

    @classmethod
    def of_runtime(cls, torch, cuda, fallback):
        found = {}
        for metadata in torch.parent.glob("torch-*.dist-info/METADATA"):
            lines = metadata.read_text(encoding="utf-8", errors="replace")
            found.update(re.findall(r"^Requires-Dist: nvidia-(\w+)-cu\d+ ?\(?==([\d.]+)", lines, re.M))
        files = (torch / "version.py", torch.parent / "build-version")
        words = "".join(path.read_text() for path in files if path.is_file())
        return cls({**fallback.get(cls._short(words), {}), **found}, cuda)

    @classmethod
    def of_list(cls, version, cuda, fallback):
        return cls(fallback.get(cls._short(version), {}), cuda)

    @staticmethod
    def _short(words):
        found = re.search(r"(\d+\.\d+)", words)
        return found[1] if found else ""

    def _package(self, match):
        kind, package = match[1], match[2]
        if package not in self.parts:
            return "0, 0, 0" if kind == "parts" else "0"
        parts = [int(part) for part in self.parts[package].split(".")[:3]]
        if kind == "parts":
            return ", ".join(map(str, parts))
        return str(parts[0] * 10000 + parts[1] * 100 + parts[2])

    def fill(self, value):
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        major, minor = divmod(self.cuda, 1000)
        value = value.replace("{cuda}", str(self.cuda)).replace("{cuda_major}", str(major))
        value = value.replace("{cuda_minor}", str(minor // 10))
        return re.sub(r"\{(version|parts):(\w+)\}", self._package, value)


def write_library(folder, library, soname, used, versions):
    """(C file, version script) of one inert library."""
    source = SOURCE_HEAD.format(soname=soname, **library)
    nodes = {}
    for item in sorted(used):
        nodes.setdefault(item.node, []).append(item.name)
        answer = library["answers"].get(item.name)
        if answer:
            (kind, value), = answer.items()
            source += ANSWERS[kind](item.name, versions.fill(value), soname) + "\n"
        else:
            source += f"REFUSED({item.name})\n"
    script = ""
    for node, names in nodes.items():
        script += f"{node} {{ global: {'; '.join(names)}; local: *; }};\n"
    c_file, map_file = folder / f"{soname}.c", folder / f"{soname}.map"
    c_file.write_text(source)
    map_file.write_text(script or "{ local: *; };\n")
    return c_file, map_file


def wanted_of_runtime(torch, cuda, known):
    """{soname: imports} of a runtime that is here, all of whose other imports the tables know."""
    used, needed = imports.read_runtime(torch / "lib")
    unknown = asked.unknown(asked.asked_of(torch, used), cuda // 1000)
    if unknown:
        raise SystemExit("The runtime asks for what the entry-point tables do not know.\n"
                         + "\n".join(unknown))
    return inert_list.wanted(used, needed, known)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    runtime = parser.add_mutually_exclusive_group(required=True)
    runtime.add_argument("--torch", type=pathlib.Path, help="folder that holds lib/")
    runtime.add_argument("--list", metavar="VERSION", help="one of table/imports/inert")
    parser.add_argument("--cuda", required=True, type=int, help="as 13000")
    parser.add_argument("--cudart", required=True, type=pathlib.Path, help="the stand-in to link")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--root", required=True, type=pathlib.Path, help="of the sources")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="for generated sources")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()

    data = asked.inert_libraries()
    known, fallback = data["libraries"], data["compiled_against"]
    if options.torch:
        wanted = wanted_of_runtime(options.torch, options.cuda, known)
        versions = Versions.of_runtime(options.torch, options.cuda, fallback)
    else:
        wanted = inert_list.read(options.list)
        versions = Versions.of_list(options.list, options.cuda, fallback)
    options.work.mkdir(parents=True, exist_ok=True)
    options.out.mkdir(parents=True, exist_ok=True)
    libraries = {library["stem"]: library for library in known}
    for soname, mine in wanted.items():
        library = libraries[inert_list.stem_of(soname)]
        c_file, map_file = write_library(options.work, library, soname, mine, versions)
        subprocess.run([options.compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror",
                        "-fvisibility=hidden", f"-I{options.root}", str(c_file),
                        "-o", str(options.out / soname), f"-Wl,-soname,{soname}",
                        f"-Wl,--version-script,{map_file}", "-Wl,-rpath,$ORIGIN",
                        str(options.cudart)], check=True)


if __name__ == "__main__":
    main()
