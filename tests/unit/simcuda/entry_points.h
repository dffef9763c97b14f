// Owns: every entry point that the CUDA headers declare, to be called with no sensible arguments.
#pragma once

#include <cstdint>
#include <span>

namespace portcullis::simcuda {

struct EntryPoint {
  const char* name;
  void* address;
};

// Those that return a cudaError_t, of the simulated runtime.
std::span<const EntryPoint> EntryPoints();

// Calls any of them with zeros and null pointers.
inline int CallWithNothing(void* address) {
  using Word = std::uintptr_t;
  using AnyCall = int(Word, Word, Word, Word, Word, Word, Word, Word);
  return reinterpret_cast<AnyCall*>(address)(0, 0, 0, 0, 0, 0, 0, 0);
}

}  // namespace portcullis::simcuda
