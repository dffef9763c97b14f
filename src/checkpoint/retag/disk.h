// Owns: the one door through which retagging changes anything on a disk. Tests replace it to fail,
// to stop at any call, and to see what is there then.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace portcullis::checkpoint {

// Every function throws CannotRun, with the name of the file, when the system refuses.
class Disk {
 public:
  Disk() = default;
  virtual ~Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Writes all of `bytes` at `offset`.
  virtual void Write(int fd, std::uint64_t offset, std::span<const std::uint8_t> bytes);
  // Until this returns, what was written may be lost when the machine stops.
  virtual void Flush(int fd);
  virtual void Cut(int fd, std::uint64_t size);
  // Copies a range between files by the fastest way that the file system has: shared blocks
  // (FICLONE), copying inside the kernel (copy_file_range), reading and writing. Holes stay holes.
  virtual void Copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                    std::uint64_t size);
  // Puts `half` in the place of `whole`, for good: flushes the folder too.
  virtual void Rename(const std::filesystem::path& half, const std::filesystem::path& whole);
};

// An open file, closed at the end.
class OpenedFile {
 public:
  OpenedFile(const std::filesystem::path& path, int flags, mode_t mode = 0);
  ~OpenedFile();
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  int fd() const { return fd_; }
  struct stat Status() const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace portcullis::checkpoint
