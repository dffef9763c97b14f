// Owns: folders that are gone when they are no longer needed.
#pragma once

#include <filesystem>
#include <string>

namespace portcullis::suite {

enum class Place {
  kTemporary,  // below $TMPDIR, or /tmp
  kMemory,     // in memory if $TMPDIR is not set and there is room; otherwise as above
};

// A folder of our own, removed with all its content at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(Place place = Place::kTemporary);  // throws CannotRun
  explicit ScratchFolder(std::filesystem::path folder);     // makes this one
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // A text that may name the folder, which is another one each time, as a child in it knows it:
  // "$TMPDIR".
  std::string Unnamed(std::string text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace portcullis::suite
