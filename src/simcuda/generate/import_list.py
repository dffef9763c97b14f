"""Owns: table/imports: what each runtime of ci/runtimes.json asks of the simulated libraries, kept so
that the entry-point tables are held against all of them where none is installed; and below it, in
inert, what it needs of the inert ones.

    import_list.py --check                        the tables know everything in every list
    import_list.py --write VERSION --torch ROOT   writes the lists of the PyTorch in ROOT
    import_list.py --same VERSION --torch ROOT    the lists are those of the PyTorch in ROOT

Exit code 1: not so, with what differs."""

import argparse
import json
import pathlib
import sys

import asked
import imports
import inert_list

LISTS = asked.TABLES / "imports"
RUNTIMES = asked.HERE.parents[2] / "ci" / "runtimes.json"


def read_list(version):
    """{way: names} of one list."""
    names = {way: set() for way in asked.WAYS}
    for line in (LISTS / f"{version}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            way, name = line.split()
            names[way].add(name)
    return names


def text_of(version, names):
    lines = [f"# What PyTorch {version} asks of the simulated libraries. Written by "
             "src/simcuda/generate/import_list.py."]
    lines += [f"{way} {name}" for way in asked.WAYS for name in sorted(names[way])]
    return "\n".join(lines) + "\n"


def check():
    """Every runtime with CUDA has a list, and the tables know all that is in it."""
    wrong = []
    for row in json.loads(RUNTIMES.read_text(encoding="utf-8")):
        if row["cuda"] == 0:
            continue
        version = row["version"]
        lists = (LISTS / f"{version}.txt", inert_list.LISTS / f"{version}.txt")
        if not all(file.is_file() for file in lists):
            wrong.append(f"{version}: no list; import_list.py --write {version} --torch …")
            continue
        names = read_list(version)
        wrong += [f"{version}: {text}" for text in asked.unknown(names, row["cuda"])]
        print(f"{version}: " + ", ".join(f"{len(names[way])} {way}" for way in names))
    return wrong


def same(version, names, wanted):
    listed = read_list(version)
    wrong = []
    kept = (inert_list.LISTS / f"{version}.txt").read_text(encoding="utf-8").splitlines()
    now = inert_list.text_of(version, wanted).splitlines()
    wrong += [f"inert {line}: not in the list" for line in now if line not in set(kept)]
    wrong += [f"inert {line}: not needed" for line in kept if line not in set(now)]
    for way in asked.WAYS:
        wrong += [f"{way} {name}: not in the list" for name in sorted(names[way] - listed[way])]
        wrong += [f"{way} {name}: not asked for" for name in sorted(listed[way] - names[way])]
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", metavar="VERSION")
    what.add_argument("--same", metavar="VERSION")
    parser.add_argument("--torch", type=pathlib.Path, metavar="ROOT", help="folder that holds lib/")
    options = parser.parse_args()
    if options.check:
        wrong = check()
    else:
        if options.torch is None:
            parser.error("--torch is needed")
        used, needed = imports.read_runtime(options.torch / "lib")
        names = asked.asked_of(options.torch, used)
        wanted = inert_list.wanted(used, needed, asked.inert_libraries()["libraries"])
        wrong = same(options.same, names, wanted) if options.same else []
        if options.write:
            inert_list.LISTS.mkdir(parents=True, exist_ok=True)
            (LISTS / f"{options.write}.txt").write_text(text_of(options.write, names))
            (inert_list.LISTS / f"{options.write}.txt").write_text(
                inert_list.text_of(options.write, wanted))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
