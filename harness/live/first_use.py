"""Owns: making, of the sources that travel with an installed Portcullis, what needs a C++ compiler
and one PyTorch: the computing plugin ("compute"), the C++ loaders and the maker of C++ checkpoints
("loaders"). Run by harness/live/first_use.cpp, once for each PyTorch.

Each program is compiled as few large files, in a quarter of the time that its parts would take.
Standard error says what is missing; exit code 3 then."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

# Headers that this machine must have, and where Debian and PyPI have them.
EVP = ("openssl/evp.h", "OpenSSL's headers (Debian: libssl-dev)")
CUDART = "the headers of CUDA {0} (pip install nvidia-cuda-runtime{1})"


class Object(NamedTuple):
    """One compilation."""
    name: str
    patterns: tuple  # of sources, all compiled as one
    without: str = ""
    needs: tuple = ()
    cuda_known: bool = True  # what the program says of itself


class Program(NamedTuple):
    name: str
    objects: tuple
    libraries: tuple
    options: tuple = ()


CPU = ("torch_cpu", "c10")
CUDA = (*CPU, "torch_cuda", "c10_cuda", "torch")
OBJECTS = {
    "compute": (Object("compute", ("src/simcompute/*.cpp", "src/simcompute/substitutes/*.cpp")),),
    "loaders": (
        Object("parts", ("harness/loader/*.cpp",), "loader.cpp", (EVP,)),
        Object("maker", ("fixtures/make/*.cpp",)),
        Object("loader", ("harness/loader/loader.cpp",)),
        Object("loader-cpu", ("harness/loader/loader.cpp",), cuda_known=False),
    ),
}
PROGRAMS = {
    "compute": (Program("libportcullis-compute.so", ("compute",), CUDA, ("-shared",)),),
    "loaders": (
        Program("portcullis-loader", ("loader", "parts"), (*CUDA, "crypto")),
        Program("portcullis-loader-cpu", ("loader-cpu", "parts"), (*CPU, "crypto")),
        Program("portcullis-maker", ("maker", "parts"), (*CUDA, "crypto")),
    ),
}


def stop(text):
    print(text, file=sys.stderr)
    sys.exit(3)


def text_literal(text):
    return json.dumps(text)


def cuda_headers(torch, cuda):
    """The folder of CUDA's headers, of the same major version."""
    major, minor = cuda // 1000, cuda % 1000 // 10
    folders = [torch.parent / f"nvidia/cu{major}/include", torch.parent / "nvidia/cuda_runtime/include",
               pathlib.Path(os.environ.get("CUDA_HOME", "/usr/local/cuda")) / "include",
               pathlib.Path(f"/usr/local/cuda-{major}.{minor}/include"), pathlib.Path("/usr/include")]
    for folder in folders:
        header = folder / "cuda_runtime_api.h"
        if header.is_file() and re.search(rf"define CUDART_VERSION +{major}\d\d\d\b",
                                          header.read_text(errors="replace")):
            return folder
    return stop("needs " + CUDART.format(major, "-cu12" if major == 12 else f"=={major}.*"))


def old_abi(torch):
    """Whether that PyTorch was built with the C++ library's names of before C++11."""
    return b"_ZN3c105ErrorC1ENS_14SourceLocationESs\0" in (torch / "lib/libc10.so").read_bytes()


class Making:
    """One part being made in a folder of its own."""

    def __init__(self, options):
        self.options = options
        self.work = options.out / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        version = re.search(r"__version__ = '([^']+)'", (options.torch / "version.py").read_text())
        self.build = version[1] if version else "unknown"

    def flags(self):
        torch, sources = self.options.torch, self.options.sources
        flags = ["-std=c++20", "-O1", "-fPIC", "-fvisibility=hidden", "-DNDEBUG"]
        if old_abi(torch):
            flags.append("-D_GLIBCXX_USE_CXX11_ABI=0")
        for folder in (sources, sources / "generated", self.work):
            flags.append(f"-I{folder}")
        system = [sources / "include", torch / "include", torch / "include/torch/csrc/api/include"]
        if self.options.part == "compute":
            system.append(cuda_headers(torch, self.options.cuda))
        for folder in system:
            flags += ["-isystem", str(folder)]
        return [*flags, "-idirafter", str(sources / "src/simcuda/compat")]

    def source_of(self, part):
        """One file of all the sources of an object, that asks for its headers first."""
        lines = []
        for header, what in part.needs:
            lines += [f"#if !__has_include(<{header}>)", f"#error needs {what}", "#endif"]
        for pattern in part.patterns:
            lines += [f'#include "{file}"' for file in sorted(self.options.sources.glob(pattern))
                      if file.name != part.without]
        source = self.work / f"{part.name}.cpp"
        source.write_text("\n".join(lines) + "\n")
        return source

    def compile(self, part):
        major, minor = divmod(self.options.cuda // 10, 100)
        cuda = f"{major}.{minor}" if part.cuda_known else ""
        self.run([*self.options.compiler, *self.flags(),
                  f"-DPORTCULLIS_TORCH_BUILD={text_literal(self.build)}",
                  f"-DPORTCULLIS_TORCH_CUDA={text_literal(cuda)}",
                  "-c", str(self.source_of(part)), "-o", str(self.work / f"{part.name}.o")])

    def link(self, program):
        lib = self.options.torch / "lib"
        options = list(program.options)
        if "-shared" in options:  # its libraries are in the process that loads it
            options.append(str(self.options.cudart))
        else:
            options.append(f"-Wl,-rpath,{lib}")
        self.run([*self.options.compiler, "-o", str(self.options.out / program.name),
                  *(str(self.work / f"{name}.o") for name in program.objects),
                  "-s", f"-L{lib}", "-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed",
                  *(f"-l{name}" for name in program.libraries), *options])

    @staticmethod
    def run(command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            return
        needs = re.search(r"#error (needs .*)", done.stderr)
        stop(needs[1] if needs else f"{' '.join(command[:2])} … failed:\n{done.stderr[-2000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=sorted(PROGRAMS))
    parser.add_argument("--torch", required=True, type=pathlib.Path, help="folder that holds lib/")
    parser.add_argument("--cuda", required=True, type=int, help="as 13000")
    parser.add_argument("--cudart", required=True, type=pathlib.Path, help="the stand-in to link")
    parser.add_argument("--compiler", required=True, nargs="+")
    parser.add_argument("--sources", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    making = Making(options)
    if options.part == "compute":
        making.run([sys.executable, str(options.sources / "src/simcompute/generate/wrappers.py"),
                    "--torch", str(options.torch), "--out", str(making.work / "wrappers.inc")])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(making.compile, OBJECTS[options.part]))
        list(pool.map(making.link, PROGRAMS[options.part]))


if __name__ == "__main__":
    main()
