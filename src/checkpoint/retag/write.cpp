#include "src/checkpoint/retag/write.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/base/quote.h"
#include "src/checkpoint/retag/new_file.h"

namespace portcullis::checkpoint {
namespace {

std::filesystem::path Followed(const std::filesystem::path& path) {
  std::error_code error;
  auto real = std::filesystem::canonical(path, error);
  if (error) {
    throw CannotRun(fmt::format("cannot open '{}': {}", path.string(), error.message()));
  }
  return real;
}

// Two runs at once would each append, and one would be lost.
void Lock(const OpenedFile& file, const std::filesystem::path& path) {
  if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  throw CannotRun(
      fmt::format("'{}' is locked by another program\n  next: try again later", path.string()));
}

// What the path leads to, opened, and still what was read.
class Target {
 public:
  Target(const std::filesystem::path& path, const Identity& read, int flags)
      : path_(Followed(path)), file_(path_, flags) {
    Lock(file_, path_);
    if (Identity::Of(file_.Status()) != read) ChangedMeanwhile(path_);
  }
  const OpenedFile& file() const { return file_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  OpenedFile file_;
};

void WriteRange(int fd, const Source& bytes, std::uint64_t begin, std::uint64_t end, Disk& disk) {
  constexpr std::uint64_t kChunk = 1 << 20;
  std::vector<std::uint8_t> chunk;
  for (std::uint64_t at = begin; at < end; at += chunk.size()) {
    chunk.resize(static_cast<std::size_t>(std::min(end - at, kChunk)));
    bytes.Read(at, chunk);
    disk.Write(fd, at, chunk);
  }
}

// Everything but the end records.
void WriteBody(int fd, const RetagBytes& bytes, Disk& disk) {
  const std::uint64_t end_at = bytes.result->Size() - bytes.end_size;
  if (!bytes.old_end.empty()) {
    const auto* text = reinterpret_cast<const std::uint8_t*>(bytes.old_end.data());
    disk.Write(fd, end_at, {text, bytes.old_end.size()});
    disk.Flush(fd);
  }
  WriteRange(fd, *bytes.result, bytes.base_size, end_at, disk);
}

// Flushed twice, and once will not do: the disk may keep the end records of one write and lose what
// they point to. So first everything else is there for good, then they are written.
void Append(const Target& target, const RetagBytes& bytes, Disk& disk) {
  const int fd = target.file().fd();
  const auto before = static_cast<std::uint64_t>(target.file().Status().st_size);
  if (before > bytes.base_size) disk.Cut(fd, bytes.base_size);
  bool ours = true;
  try {
    WriteBody(fd, bytes, disk);
    const Identity written = Identity::Of(target.file().Status());
    disk.Flush(fd);
    ours = Identity::Of(target.path()) == written;
    if (!ours) ChangedMeanwhile(target.path());
    WriteRange(fd, *bytes.result, bytes.result->Size() - bytes.end_size, bytes.result->Size(),
               disk);
    disk.Flush(fd);
  } catch (const Error&) {
    if (ours) disk.Cut(fd, bytes.base_size);
    throw;
  }
}

void RequireOneName(const Target& target) {
  const auto names = target.file().Status().st_nlink;
  if (names == 1) return;
  throw UsageError(
      fmt::format("'{}' has {} names (hard links), and this format cannot be changed without "
                  "giving one of them "
                  "a new file\n  next: write a new file with -o",
                  target.path().string(), names));
}

// A rename would replace a file that may not be written.
void RequireWritable(const Target& target) {
  if (faccessat(AT_FDCWD, target.path().c_str(), W_OK, AT_EACCESS) == 0) return;
  throw CannotRun(SystemError(fmt::format("cannot write '{}'", target.path().string())));
}

// What has to be there before a file is made beside its final name.
void RequireFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw UsageError(
        fmt::format("found no folder '{0}', expected one to write the file into\n"
                    "  next: mkdir -p {1}",
                    folder.string(), Quoted(folder.string())));
  }
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) == 0) return;
  throw CannotRun(SystemError(fmt::format("cannot write into the folder '{}'", folder.string())));
}

void Rewrite(const Target& target, const Identity& read, const Spliced& bytes, Disk& disk) {
  RequireOneName(target);
  RequireWritable(target);
  RequireFolder(target.path().parent_path());
  constexpr mode_t kPrivate = 0600;
  NewFile file(target.path(), kPrivate, disk);
  file.Fill(bytes, target.file().fd());
  file.TakeAfter(target.file());
  if (Identity::Of(target.path()) != read) ChangedMeanwhile(target.path());
  file.Put();
}

}  // namespace

void RetagInPlace(const std::filesystem::path& path, const Identity& read, const RetagBytes& bytes,
                  Disk& disk) {
  const Target target(path, read, bytes.appends ? O_RDWR : O_RDONLY);
  if (bytes.appends) {
    Append(target, bytes, disk);
  } else {
    Rewrite(target, read, *bytes.result, disk);
  }
}

std::filesystem::path PlaceFor(const std::filesystem::path& out, const Identity& read,
                               bool replace) {
  std::error_code no_file;
  if (!std::filesystem::exists(std::filesystem::symlink_status(out, no_file))) {
    RequireFolder(out.parent_path());
    return out;
  }
  if (!replace) {
    throw UsageError(
        fmt::format("'{}' exists already\n  next: choose another name, or replace it "
                    "with --force",
                    out.string()));
  }
  std::filesystem::path target = Followed(out);
  if (Identity::Of(target) == read) {
    throw UsageError(
        fmt::format("'{}' is the checkpoint itself\n  next: use --in-place", out.string()));
  }
  RequireFolder(target.parent_path());
  return target;
}

void RetagToFile(const std::filesystem::path& path, const Identity& read, const RetagBytes& bytes,
                 const std::filesystem::path& out, bool replace, Disk& disk) {
  const Target source(path, read, O_RDONLY);
  const std::filesystem::path target = PlaceFor(out, read, replace);
  const mode_t mode = source.file().Status().st_mode & 0777;  // less what the umask forbids
  NewFile file(target, mode, disk);
  file.Fill(*bytes.result, source.file().fd());
  if (Identity::Of(source.path()) != read) ChangedMeanwhile(source.path());
  file.Put();
}

void UndoInPlace(const std::filesystem::path& path, const Identity& read, const Undo& undo,
                 Disk& disk) {
  const bool cuts = undo.rewritten == nullptr;
  const Target target(path, read, cuts ? O_RDWR : O_RDONLY);
  if (!cuts) return Rewrite(target, read, *undo.rewritten, disk);
  disk.Cut(target.file().fd(), undo.before->Size());
  disk.Flush(target.file().fd());
}

}  // namespace portcullis::checkpoint
