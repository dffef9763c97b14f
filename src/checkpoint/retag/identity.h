// Owns: telling whether a file is still the one that was read.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>

namespace portcullis::checkpoint {

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_s = 0, modified_ns = 0;
  bool operator==(const Identity&) const = default;

  static Identity Of(const struct stat& status);
  // Of what the path leads to. Throws CannotRun.
  static Identity Of(const std::filesystem::path& path);
};

// Throws CannotRun: another program changed the file meanwhile, and nothing was done to it.
[[noreturn]] void ChangedMeanwhile(const std::filesystem::path& path);

}  // namespace portcullis::checkpoint
