// Owns: this process's folder in memory, and the end of those whose process was killed.
#pragma once

#include <filesystem>
#include <optional>

namespace portcullis::suite {

// A folder on the file system `below`, made at the first call and removed when this process ends;
// nothing where `below` is not in memory (tmpfs) or has little room left. Files of a case live for
// milliseconds: on a disk they cost as much as a fork.
std::optional<std::filesystem::path> MemoryFolder(const std::filesystem::path& below = "/dev/shm");

}  // namespace portcullis::suite
