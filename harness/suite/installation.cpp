#include "harness/suite/installation.h"

#include <fmt/format.h>

#include <cstdlib>

#include "src/base/error.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

// Data folders and runtimes of an install tree: PREFIX/bin/portcullis, PREFIX/share/portcullis.
Installation Below(const fs::path& data, const fs::path& runtimes, const fs::path& made) {
  return {data / "fixtures/hosts",
          data / "scenarios",
          data / "fixtures/make/checkpoints.yaml",
          data / "harness/hardware/transfers.py",
          data / "fixtures/damage",
          runtimes,
          made,
          data,
          PORTCULLIS_VERSION};
}

fs::path CacheFolder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return fs::path(cache) / "portcullis";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/tmp" : home) / ".cache/portcullis";
}

}  // namespace

Installation FindInstallation() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path share = program.parent_path().parent_path() / "share/portcullis";
  Installation found;
  if (const char* data = std::getenv("PORTCULLIS_DATA"); data != nullptr && *data != '\0') {
    found = Below(data, fs::path(data) / "runtimes.json", CacheFolder() / "made");
  } else if (fs::exists(share / "fixtures/hosts", ignored)) {
    found = Below(share, share / "runtimes.json", CacheFolder() / "made");
  } else {
    found = Below(PORTCULLIS_SOURCE_DIR, fs::path(PORTCULLIS_BINARY_DIR) / "runtimes.json",
                  fs::path(PORTCULLIS_BINARY_DIR) / "checkpoints");
  }
  if (!fs::exists(found.hosts, ignored)) {
    throw CannotRun(
        fmt::format("no host descriptions in {}; set PORTCULLIS_DATA to the folder "
                    "that holds fixtures/ and scenarios/",
                    found.hosts.string()));
  }
  return found;
}

}  // namespace portcullis::suite
