// Owns: the error that reading bytes ends in, for tests.
#pragma once

#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"

namespace portcullis::checkpoint {

// The text of the CheckpointError for a file of these bytes, named x.pt; "no error" if there is
// none.
inline std::string ErrorOf(const std::string& file) {
  try {
    ReadDeviceMap(AsBytes(file), "x.pt");
    return "no error";
  } catch (const CheckpointError& error) {
    return error.what();
  }
}

}  // namespace portcullis::checkpoint
