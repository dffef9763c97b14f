#include "harness/loader/saving.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/loader/protocol.h"

namespace portcullis::loader {
namespace {

void Require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

void Limit(__rlimit_resource what, rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  Require(setrlimit(what, &limit) == 0, "setrlimit");
}

}  // namespace

void PrepareSaving(const std::string& argument) {
  if (argument == "full") {
    const std::string file(protocol::kSavedFile);
    Require(symlink("/dev/full", file.c_str()) == 0, "symlink");
    return;
  }
  const std::size_t colon = argument.find(':');
  Limit(RLIMIT_CORE, 0);
  signal(SIGXFSZ, argument.substr(0, colon) == "limit" ? SIG_IGN : SIG_DFL);
  Limit(RLIMIT_FSIZE, std::stoull(argument.substr(colon + 1)));
}

}  // namespace portcullis::loader
