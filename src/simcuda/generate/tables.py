"""Owns: reading the entry-point tables (src/simcuda/table/*.table)."""

from typing import NamedTuple

OUTCOMES = ("modelled", "harmless", "counted", "refused")


class Entry(NamedTuple):
    name: str
    since: float  # first CUDA version that has it
    until: float  # last one
    outcome: str
    area: str
    note: str


def read_table(path):
    """All rows of a table. A row that is wrong ends the build with file and line."""
    entries = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 6 or fields[3] not in OUTCOMES:
                raise SystemExit(
                    f"{path}:{number}: found {line.strip()!r}, expected "
                    f"'name | since | until | {'/'.join(OUTCOMES)} | area | note'")
            until = float("inf") if fields[2] == "-" else float(fields[2])
            entries.append(Entry(fields[0], float(fields[1]), until, *fields[3:]))
    names = [(entry.name, entry.since) for entry in entries]
    twice = {name for name, _ in names if names.count((name, _)) > 1}
    if twice:
        raise SystemExit(f"{path}: more than one row for {', '.join(sorted(twice))}")
    return entries


def of_major(entries, major):
    """The rows that any version of one CUDA major has: one library serves them all."""
    return [entry for entry in entries if entry.since < major + 1 and entry.until >= major]
