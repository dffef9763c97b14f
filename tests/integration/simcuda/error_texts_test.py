"""Owns: the test that every error's name and text equal those of NVIDIA's own libcudart, for the
CUDA version of each PyTorch that is here. Ends with 77, a skip, where that library is not.
    error_texts_test.py STAND-IN FOLDER…    folders in which NVIDIA's may lie"""

import ctypes
import pathlib
import sys

CODES = range(-1, 11000)


def texts(library):
    opened = ctypes.CDLL(str(library))
    for function in (opened.cudaGetErrorName, opened.cudaGetErrorString):
        function.restype = ctypes.c_char_p
        function.argtypes = [ctypes.c_int]
    return {code: (opened.cudaGetErrorName(code), opened.cudaGetErrorString(code)) for code in CODES}


def main(simulated, *folders):
    simulated = pathlib.Path(simulated)
    real = [pathlib.Path(folder) / simulated.name for folder in folders]
    real = [library for library in real if library.exists()]
    if not real:
        print(f"skipped: NVIDIA's {simulated.name} is not here")
        return 77
    ours, theirs = texts(simulated), texts(real[0])
    different = [code for code in CODES if ours[code] != theirs[code]]
    for code in different:
        print(f"{code}: {ours[code]} is {theirs[code]} in {real[0]}")
    known = sum(1 for name, _ in theirs.values() if name != b"unrecognized error code")
    print(f"{known} errors of {real[0]}, {len(different)} different")
    return 1 if different or known < 100 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
