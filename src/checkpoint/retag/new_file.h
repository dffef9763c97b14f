// Owns: a file that is written under another name and then takes its place.
#pragma once

#include <filesystem>
#include <memory>

#include "src/checkpoint/retag/disk.h"
#include "src/checkpoint/retag/splice.h"

namespace portcullis::checkpoint {

// Removed again unless it was put in its place.
class NewFile {
 public:
  // Beside `target`. Throws CannotRun.
  NewFile(const std::filesystem::path& target, mode_t mode, Disk& disk);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  int fd() const { return file_->fd(); }
  // Writes `bytes`; what is of its base, the beginning of the file `old`, by Disk::Copy.
  void Fill(const Spliced& bytes, int old);
  // Owner, mode and extended attributes. Throws UsageError if the owner cannot be kept.
  void TakeAfter(const OpenedFile& old);
  // Flushes it and gives it the target's name.
  void Put();

 private:
  std::filesystem::path target_, half_;
  Disk& disk_;
  std::unique_ptr<OpenedFile> file_;
};

}  // namespace portcullis::checkpoint
