#include "harness/runner/resident.h"

#include <fstream>
#include <string>

namespace portcullis::runner {

std::uint64_t ResidentBytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "RssAnon:" && status >> kibibytes) return kibibytes << 10U;
  }
  return 0;
}

}  // namespace portcullis::runner
