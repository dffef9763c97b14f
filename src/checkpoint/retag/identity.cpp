#include "src/checkpoint/retag/identity.h"

#include <fmt/format.h>

#include "src/base/error.h"

namespace portcullis::checkpoint {

Identity Identity::Of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

Identity Identity::Of(const std::filesystem::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    throw CannotRun(SystemError(fmt::format("cannot look at '{}'", path.string())));
  }
  return Of(status);
}

void ChangedMeanwhile(const std::filesystem::path& path) {
  throw CannotRun(
      fmt::format("'{}' was changed by another program while it was retagged: it was left alone\n"
                  "  next: wait until the program that writes it has ended, and try again",
                  path.string()));
}

}  // namespace portcullis::checkpoint
