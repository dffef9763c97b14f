#include "harness/loader/descriptor_variable.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "harness/loader/request.h"

namespace portcullis::loader {

int DescriptorNamedBy(std::string_view variable) {
  const std::string name(variable);
  const char* text = std::getenv(name.c_str());  // NOLINT: this program has one thread
  const std::string_view digits = text == nullptr ? "" : text;
  int fd = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || fd < 0) {
    throw BadRequest(name + " is '" + std::string(digits) +
                     "', expected the number of a file descriptor");
  }
  if (fcntl(fd, F_GETFD) < 0) {
    throw BadRequest(name + "=" + std::string(digits) + ": " +
                     std::strerror(errno));  // NOLINT: one thread
  }
  return fd;
}

}  // namespace portcullis::loader
