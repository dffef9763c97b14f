// Owns: making it fail to save, in this process, from now on.
//
//   limit:N  no file grows beyond N bytes, and writing on is an error (EFBIG)
//   kill:N   no file grows beyond N bytes, and writing on ends the process (SIGXFSZ)
//   full     what is saved goes to a disk that is full (ENOSPC)
//
// setrlimit(2) has the first two, full(4) the last.
#pragma once

#include <string>

namespace portcullis::loader {

// Throws std::system_error if the system refuses.
void PrepareSaving(const std::string& argument);

}  // namespace portcullis::loader
