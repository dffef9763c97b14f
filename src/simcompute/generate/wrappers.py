"""Owns: finding the operators whose CUDA wrappers check that all tensors are on one device.

PyTorch generates a wrapper for each CUDA kernel. Those that check pass their own name to the function
that throws, so a build's libtorch_cuda names all of them; others leave no text behind."""

import argparse
import mmap
import pathlib
import re

NAME = re.compile(rb"\0(wrapper_CUDA_\w+)(?=\0)")


def wrappers(library):
    with open(library, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sorted({found.decode() for found in NAME.findall(data)})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", required=True, type=pathlib.Path, help="folder that holds lib/")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    names = wrappers(options.torch / "lib" / "libtorch_cuda.so")
    if not names:
        raise SystemExit(f"{options.torch}/lib/libtorch_cuda.so names no wrapper of a CUDA kernel")
    options.out.write_text("".join(f'"{name}",\n' for name in names), encoding="utf-8")


if __name__ == "__main__":
    main()
