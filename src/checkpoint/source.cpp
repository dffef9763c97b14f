#include "src/checkpoint/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace portcullis::checkpoint {
namespace {

constexpr const char* kFetchAgain =
    "the file is damaged or incomplete: save it again, or copy it again and compare checksums";

class FileSource : public Source {
 public:
  FileSource(int fd, std::uint64_t size, Spot origin) : Source(std::move(origin), size), fd_(fd) {}
  ~FileSource() override { close(fd_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

 private:
  void DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got =
          pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got > 0) {
        done += static_cast<std::size_t>(got);
      } else if (got == 0) {
        Damaged(offset + done, "the end of the file",
                fmt::format("{} bytes, as when it was opened", Size()));
      } else if (errno != EINTR) {
        throw CheckpointError(Problem::kUnreadable, SpotAt(offset + done),
                              SystemError("cannot read"), "a readable file",
                              "see whether the disk or the network holding it is at fault");
      }
    }
  }

  int fd_;
};

class MemorySource : public Source {
 public:
  MemorySource(Bytes bytes, Spot origin) : Source(std::move(origin), bytes.size()), bytes_(bytes) {}
  MemorySource(std::vector<std::uint8_t> held, Spot origin)
      : Source(std::move(origin), held.size()), held_(std::move(held)), bytes_(held_) {}
  Bytes InMemory() const override { return bytes_; }

 private:
  void DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
  }

  std::vector<std::uint8_t> held_;
  Bytes bytes_;
};

class WindowSource : public Source {
 public:
  WindowSource(const Source& whole, std::uint64_t offset, std::uint64_t size, Spot origin)
      : Source(std::move(origin), size), whole_(whole), offset_(offset) {}
  Bytes InMemory() const override {
    const Bytes all = whole_.InMemory();
    return all.empty() ? all : all.subspan(offset_, Size());
  }

 private:
  void DoRead(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    whole_.Read(offset_ + offset, into);
  }

  const Source& whole_;
  std::uint64_t offset_;
};

[[noreturn]] void CannotOpen(const std::string& path, const std::string& found,
                             const std::string& next) {
  throw CheckpointError(Problem::kUnreadable, {path, "", 0}, found, "a checkpoint file", next);
}

}  // namespace

Spot Source::SpotAt(std::uint64_t offset) const {
  return {origin_.file, origin_.member, origin_.offset + offset};
}

void Source::Read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  Require(offset, into.size(), "data");
  if (!into.empty()) DoRead(offset, into);
}

void Source::Require(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
  if (offset <= size_ && size <= size_ - offset) return;
  const std::uint64_t left = offset <= size_ ? size_ - offset : 0;
  Damaged(offset, fmt::format("{} bytes left", left), fmt::format("{} bytes of {}", size, what));
}

void Source::Damaged(std::uint64_t offset, const std::string& found,
                     const std::string& expected) const {
  throw CheckpointError(Problem::kDamaged, SpotAt(offset), found, expected, kFetchAgain);
}

void Source::Unsupported(std::uint64_t offset, const std::string& found,
                         const std::string& expected, const std::string& next) const {
  throw CheckpointError(Problem::kUnsupported, SpotAt(offset), found, expected, next);
}

std::unique_ptr<Source> OpenFile(const std::filesystem::path& path) {
  const std::string name = path.string();
  // Not blocking: opening a FIFO that nobody writes to must not wait for ever.
  const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    CannotOpen(name, fmt::format("no readable file ({})", std::strerror(errno)),
               "check the path and its permissions");
  }
  struct stat status = {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    const bool folder = S_ISDIR(status.st_mode);
    close(fd);
    CannotOpen(name, folder ? "a directory" : "something that is not a regular file",
               folder ? "name a file in it, or check the directory recursively" : "name a file");
  }
  return std::make_unique<FileSource>(fd, static_cast<std::uint64_t>(status.st_size),
                                      Spot{name, "", 0});
}

std::unique_ptr<Source> OverBytes(Bytes bytes, Spot origin) {
  return std::make_unique<MemorySource>(bytes, std::move(origin));
}

std::unique_ptr<Source> HoldBytes(std::vector<std::uint8_t> bytes, Spot origin) {
  return std::make_unique<MemorySource>(std::move(bytes), std::move(origin));
}

std::unique_ptr<Source> Window(const Source& whole, std::uint64_t offset, std::uint64_t size,
                               Spot origin) {
  whole.Require(offset, size, "an embedded file");
  return std::make_unique<WindowSource>(whole, offset, size, std::move(origin));
}

}  // namespace portcullis::checkpoint
