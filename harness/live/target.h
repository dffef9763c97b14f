// Owns: finding out, before a command runs, which PyTorch and which CUDA runtime it will load.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/host/child_host.h"

namespace portcullis::live {

constexpr int kCudaMajor = 1000;  // CUDA versions count as 13000

// What a command will load, as far as can be told without running it.
struct Target {
  int cuda = 0;                  // CUDA version, 13000 for 13.0 (a major alone: 13000); 0: unknown
  std::filesystem::path torch;   // the folder that holds lib/libtorch_cuda.so; empty: none known
  std::string version;           // of that PyTorch: "2.11.0+cu130"; alone: of one without CUDA
  std::filesystem::path object;  // library or program whose imports tell; empty: none known
  std::string python;            // the interpreter that was asked; "" if none was
  bool static_cudart = false;    // the program has a CUDA runtime of its own inside
};

// Looks at the command in its own environment. A Python, or a script for one, is asked where its
// torch is, without importing it; an ELF program is read with ldd. Of anything else (a shell, make)
// the Python that it would find is asked.
Target FindTarget(const std::vector<std::string>& argv, const host::Environment& environment);

// The interpreter of a script's first line: "/usr/bin/python3" of "#!/usr/bin/env -S python3 -u";
// "" if it names none.
std::string InterpreterOf(std::string_view first_line);
// The CUDA version that torch/version.py names: 12040 for "cuda: Optional[str] = '12.4'"; 0: none.
int CudaOfVersionPy(std::string_view text);
// The version that it names: "2.11.0+cu130".
std::string VersionOfVersionPy(std::string_view text);

// "2.11.0" of "2.11.0+cu130".
std::string PlainVersion(const std::string& version);

// One line of ldd's output: a shared library and where it was found ("" if it was not).
struct Linked {
  std::string soname;
  std::filesystem::path file;
};
std::vector<Linked> ReadLdd(std::string_view output);
// What a program or library loads, by ldd in that environment; empty for what is no ELF file.
std::vector<Linked> LinkedOf(const std::filesystem::path& object,
                             const host::Environment& environment);

}  // namespace portcullis::live
