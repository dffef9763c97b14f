#include "src/base/error.h"

#include <cerrno>
#include <system_error>

namespace portcullis {

std::string SystemError(const std::string& doing) {
  return doing + ": " + std::generic_category().message(errno);
}

}  // namespace portcullis
