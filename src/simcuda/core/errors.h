// Owns: the names and texts of CUDA's error codes, as the real libcudart gives them.
#pragma once

namespace portcullis::simcuda {

// One error code of the CUDA runtime API; the table is in errors.def.
struct ErrorText {
  int code;
  const char* name;  // "cudaErrorMemoryAllocation"
  const char* text;  // "out of memory"
};

// The row of a code; for a code that CUDA does not know, a row that says so.
const ErrorText& FindError(int code);

}  // namespace portcullis::simcuda
