#include "src/checkpoint/retag/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "src/base/error.h"

namespace portcullis::checkpoint {
namespace {

// The file's name, for an error: callers have it at hand only in some cases.
std::string NameOf(int fd) {
  std::error_code error;
  const auto path = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd), error);
  return error ? fmt::format("file {}", fd) : path.string();
}

[[noreturn]] void Refused(const std::string& doing) { throw CannotRun(SystemError(doing)); }

// Bytes [offset, offset + size) that are no hole; false at the end.
bool NextData(int fd, std::uint64_t end, std::uint64_t& offset, std::uint64_t& size) {
  const off_t data = lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return false;  // nothing but a hole
  if (data < 0) {                                // a file system that does not tell
    size = end - offset;
    return size > 0;
  }
  offset = std::min(static_cast<std::uint64_t>(data), end);
  const off_t hole = lseek(fd, data, SEEK_HOLE);
  size = hole < 0 ? end - offset : std::min(static_cast<std::uint64_t>(hole), end) - offset;
  return size > 0;
}

void CopyByHand(int from, std::uint64_t at, int to, std::uint64_t to_at, std::uint64_t size) {
  std::vector<std::uint8_t> chunk(1 << 20);
  while (size > 0) {
    const ssize_t got = pread(from, chunk.data(), std::min<std::uint64_t>(size, chunk.size()),
                              static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) Refused(fmt::format("cannot read '{}'", NameOf(from)));
    Disk().Write(to, to_at, {chunk.data(), static_cast<std::size_t>(got)});
    at += static_cast<std::uint64_t>(got);
    to_at += static_cast<std::uint64_t>(got);
    size -= static_cast<std::uint64_t>(got);
  }
}

void CopyData(int from, std::uint64_t at, int to, std::uint64_t to_at, std::uint64_t size) {
  while (size > 0) {
    auto source = static_cast<off_t>(at);
    auto target = static_cast<off_t>(to_at);
    const ssize_t copied = copy_file_range(from, &source, to, &target, size, 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO)) {
      Refused(fmt::format("cannot write '{}'", NameOf(to)));
    }
    if (copied <= 0) return CopyByHand(from, at, to, to_at, size);
    at += static_cast<std::uint64_t>(copied);
    to_at += static_cast<std::uint64_t>(copied);
    size -= static_cast<std::uint64_t>(copied);
  }
}

bool Clone(int from, int to) { return ioctl(to, FICLONE, from) == 0; }

std::uint64_t SizeOf(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) Refused(fmt::format("cannot look at '{}'", NameOf(fd)));
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

void Disk::Write(int fd, std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) Refused(fmt::format("cannot write '{}'", NameOf(fd)));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

void Disk::Flush(int fd) {
  if (fdatasync(fd) != 0) Refused(fmt::format("cannot flush '{}'", NameOf(fd)));
}

void Disk::Cut(int fd, std::uint64_t size) {
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
    Refused(fmt::format("cannot cut '{}'", NameOf(fd)));
  }
}

void Disk::Copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                std::uint64_t size) {
  const bool all = from_offset == 0 && to_offset == 0 && SizeOf(to) == 0 && size == SizeOf(from);
  if (all && Clone(from, to)) return;
  const std::uint64_t end = from_offset + size;
  if (SizeOf(to) < to_offset + size) Cut(to, to_offset + size);  // holes at the end, too
  std::uint64_t at = from_offset;
  for (std::uint64_t data = 0; at < end && NextData(from, end, at, data); at += data) {
    CopyData(from, at, to, to_offset + (at - from_offset), data);
  }
}

void Disk::Rename(const std::filesystem::path& half, const std::filesystem::path& whole) {
  if (rename(half.c_str(), whole.c_str()) != 0) {
    Refused(fmt::format("cannot rename '{}' to '{}'", half.string(), whole.string()));
  }
  const OpenedFile folder(whole.parent_path().empty() ? "." : whole.parent_path(),
                          O_RDONLY | O_DIRECTORY);
  try {
    Flush(folder.fd());
  } catch (const CannotRun&) {
    // Not every file system can flush a folder; the rename itself is done.
  }
}

OpenedFile::OpenedFile(const std::filesystem::path& path, int flags, mode_t mode) : path_(path) {
  fd_ = open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd_ < 0) {
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    Refused(fmt::format("cannot {} '{}'", writes ? "write" : "open", path.string()));
  }
}

OpenedFile::~OpenedFile() { close(fd_); }

struct stat OpenedFile::Status() const {
  struct stat status = {};
  if (fstat(fd_, &status) != 0) Refused(fmt::format("cannot look at '{}'", path_.string()));
  return status;
}

}  // namespace portcullis::checkpoint
