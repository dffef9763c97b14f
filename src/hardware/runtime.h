// Owns: reaching the functions of the CUDA runtime that the program under test uses.
#pragma once

#include "src/hardware/library.h"

namespace portcullis::hardware {

// The runtime's function of that name, or nullptr. The runtime has been loaded by the program,
// though perhaps not for everybody; its soname is compiled in, as in the program's own libraries.
template <typename Function>
Function* Real(const char* name) {
  static const Library* runtime = new Library(PORTCULLIS_CUDART);
  return runtime->Find<Function>(name);
}

}  // namespace portcullis::hardware
