// Owns: the error codes of CUDA: their names and texts as the real libcudart gives them, and which
// of them a context does not survive.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portcullis::simcuda {

// One error code of the CUDA runtime API; the table is in table/errors.def. The driver's codes have
// the same numbers.
struct ErrorText {
  int code;
  const char* name;  // "cudaErrorMemoryAllocation"
  const char* text;  // "out of memory"
};

std::span<const ErrorText> Errors();

// The row of a code; for a code that CUDA does not know, a row that says so.
const ErrorText& FindError(int code);

// Whether every later call in the same context fails with this error too, until the device is
// reset: those of which driver_types.h (13.0) says that "the process must be terminated and
// relaunched" or that an MPS client "has been terminated", and the uncorrectable ECC and NVLink
// errors, which end the affected context (NVIDIA, "XID Errors", 48 and 74). Running out of memory
// is not among them.
bool IsSticky(int code);

// "illegal-address" for "cudaErrorIllegalAddress": how people name an error.
std::string ShortErrorName(const ErrorText& error);

}  // namespace portcullis::simcuda
