#include "src/checkpoint/retag/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "src/base/error.h"

namespace portcullis::checkpoint {
namespace {

// Access lists, labels and the like. What the file system or the system does not let us keep is
// left out, as cp does.
void CopyAttributes(int from, int to) {
  constexpr std::size_t kMost = 1 << 16;  // the kernel's own limit
  std::vector<char> names(kMost);
  const ssize_t size = flistxattr(from, names.data(), names.size());
  std::vector<char> value(kMost);
  for (ssize_t at = 0; at < size;) {
    const char* name = names.data() + at;
    const ssize_t length = fgetxattr(from, name, value.data(), value.size());
    if (length >= 0) fsetxattr(to, name, value.data(), static_cast<std::size_t>(length), 0);
    at += static_cast<ssize_t>(std::char_traits<char>::length(name)) + 1;
  }
}

}  // namespace

NewFile::NewFile(const std::filesystem::path& target, mode_t mode, Disk& disk)
    : target_(target),
      half_(target.parent_path() /
            fmt::format(".{}.portcullis-{}", target.filename().string(), getpid())),
      disk_(disk),
      file_(std::make_unique<OpenedFile>(half_, O_RDWR | O_CREAT | O_EXCL, mode)) {}

NewFile::~NewFile() {
  if (file_ != nullptr) unlink(half_.c_str());
}

void NewFile::Fill(const Spliced& bytes, int old) {
  constexpr std::uint64_t kChunk = 1 << 20;
  std::vector<std::uint8_t> chunk;
  for (const Spliced::Piece& piece : bytes.pieces()) {
    if (piece.source == bytes.base()) {
      disk_.Copy(old, piece.offset, fd(), piece.at, piece.size);
      continue;
    }
    for (std::uint64_t done = 0; done < piece.size; done += chunk.size()) {
      chunk.resize(static_cast<std::size_t>(std::min(piece.size - done, kChunk)));
      piece.source->Read(piece.offset + done, chunk);
      disk_.Write(fd(), piece.at + done, chunk);
    }
  }
}

void NewFile::TakeAfter(const OpenedFile& old) {
  const struct stat before = old.Status();
  const struct stat mine = file_->Status();
  const bool same_owner = mine.st_uid == before.st_uid && mine.st_gid == before.st_gid;
  if (!same_owner && fchown(fd(), before.st_uid, before.st_gid) != 0) {
    throw UsageError(
        fmt::format("'{}' belongs to another user or group, and a rewritten file would not\n"
                    "  next: run as its owner, or write a new file with -o",
                    target_.string()));
  }
  if (fchmod(fd(), before.st_mode & 07777) != 0) {
    throw CannotRun(SystemError(fmt::format("cannot give '{}' its mode", half_.string())));
  }
  CopyAttributes(old.fd(), fd());
}

void NewFile::Put() {
  disk_.Flush(fd());
  disk_.Rename(half_, target_);
  file_.reset();
}

}  // namespace portcullis::checkpoint
