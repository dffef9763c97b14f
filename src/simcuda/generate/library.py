"""Owns: what is generated from an entry-point table for one library: refusals, a check of their
signatures against the CUDA headers, and the version script."""

import argparse
import pathlib
import re

import tables

REFUSALS = """// Generated from {table}: the entry points of {library} that are refused.
// No CUDA header is included: the arguments are not looked at, so they need no names. That each
// function returns an error code is checked in the file beside this one.
#include "src/simcuda/interface/bridge.h"

namespace {{

int Refuse(const char* function) {{
  {refuse}
}}

}}  // namespace

#define REFUSED(name) \\
  extern "C" __attribute__((visibility("default"))) int name() {{ return Refuse(#name); }}

{rows}
"""

SIGNATURES = """// Generated from {table}: every refused function that the header declares returns an error code.
#include <{header}>

#include <type_traits>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {{

template <class Function>
struct Returns;
template <class Result, class... Arguments>
struct Returns<Result(Arguments...)> {{
  using Type = Result;
}};

}}  // namespace

#define REFUSED(name)                                                           \\
  static_assert(std::is_same_v<Returns<decltype(name)>::Type, {returns}>, #name \\
                " does not return {returns}: it cannot be refused with one");

{rows}
"""


def declared(name, header_text, returns=""):
    """Whether the header declares a function of exactly this name (that returns this type)."""
    pattern = rf"^[^*\n]*{returns} (CUDARTAPI|CUDAAPI) {name}\("
    return re.search(pattern, header_text, re.M) is not None


def is_refused(entry, headers):
    """Refused by the table, or newer than the headers and so not compiled."""
    return entry.outcome == "refused" or entry.since > headers


def version_script(node, names):
    """Exports under `node` ("" for none), and the bridge under a node of its own."""
    listed = "".join(f"    {name};\n" for name in sorted(names))
    if not node:
        return f"{{\n  global:\n{listed}  local: *;\n}};\n"
    return (f"{node} {{\n  global:\n{listed}  local: *;\n}};\n"
            "PORTCULLIS {\n  global: portcullis_sim_*;\n};\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, type=pathlib.Path)
    parser.add_argument("--library", required=True, help="soname, for messages")
    parser.add_argument("--cuda", required=True, type=float, help="version of the headers")
    parser.add_argument("--node", default="", help="version node of the exports")
    parser.add_argument("--code", default="", help="what a refused call returns; without it, what "
                        "portcullis_sim_refuse_call says")
    parser.add_argument("--returns", default="", help="type that the header gives it")
    parser.add_argument("--header", default="", type=str)
    parser.add_argument("--include", type=pathlib.Path, help="folder of the header")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()

    entries = tables.of_major(tables.read_table(options.table), int(options.cuda))
    refused = [entry.name for entry in entries if is_refused(entry, options.cuda)]
    refuse = "return portcullis_sim_refuse_call(function);"
    if options.code:
        refuse = (f'portcullis_sim_refuse("{options.library}", function);\n'
                  f"  return {options.code};")
    names = {"refuse": refuse, "table": options.table.name, "library": options.library,
             "header": options.header, "returns": options.returns}
    options.out.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(f"REFUSED({name})" for name in refused)
    (options.out / "refused.cpp").write_text(REFUSALS.format(rows=rows, **names))
    if options.header:
        text = (options.include / options.header).read_text(encoding="utf-8", errors="replace")
        checked = [name for name in refused if declared(name, text)]
        rows = "\n".join(f"REFUSED({name})" for name in checked)
        (options.out / "signatures.cpp").write_text(SIGNATURES.format(rows=rows, **names))
        rows = "".join(f"ENTRY_POINT({entry.name})\n" for entry in entries
                       if declared(entry.name, text, options.returns))
        (options.out / "entry_points.inc").write_text(
            f"// Generated from {options.table.name}: what {options.header} declares.\n{rows}")
    exported = [entry.name for entry in entries]
    (options.out / "exports.map").write_text(version_script(options.node, exported))


if __name__ == "__main__":
    main()
