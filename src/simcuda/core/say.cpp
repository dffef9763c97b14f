#include "src/simcuda/core/say.h"

#include <unistd.h>

#include <string>

namespace portcullis::simcuda {

void Say(std::string_view text) {
  std::string line = "portcullis: ";
  line += text;
  line += '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace portcullis::simcuda
