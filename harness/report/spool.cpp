#include "harness/report/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>

#include "src/base/error.h"

namespace portcullis::report {
namespace {

// O_TMPFILE is not everywhere (overlayfs before Linux 6.1).
int OpenNameless(const std::filesystem::path& folder) {
  const int nameless = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (nameless >= 0) return nameless;
  std::string name = (folder / "portcullis-results-XXXXXX").string();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

std::filesystem::path Folder() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  return error ? std::filesystem::path("/tmp") : folder;
}

// Calls `transfer(rest, offset)` until all bytes are through.
template <typename Bytes, typename Transfer>
void All(const char* doing, Bytes bytes, std::uint64_t offset, Transfer transfer) {
  while (!bytes.empty()) {
    const ssize_t size = transfer(bytes, static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      if (size == 0) errno = EIO;
      throw CannotRun(
          SystemError(fmt::format("cannot {} results in {}", doing, Folder().string())));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(size));
    offset += static_cast<std::uint64_t>(size);
  }
}

}  // namespace

Spool::Spool(std::size_t count) : descriptor_(OpenNameless(Folder())), places_(count) {
  if (descriptor_ >= 0) return;
  throw CannotRun(SystemError(fmt::format("cannot keep results in {}", Folder().string())));
}

Spool::~Spool() { close(descriptor_); }

void Spool::Put(std::size_t number, std::string_view text) {
  All("keep", std::span(text), end_, [&](std::span<const char> rest, off_t offset) {
    return pwrite(descriptor_, rest.data(), rest.size(), offset);
  });
  places_[number] = {end_, text.size()};
  end_ += text.size();
}

std::string Spool::Get(std::size_t number) const {
  const Place& place = places_[number];
  std::string text(place.size, '\0');
  All("read", std::span(text), place.offset, [&](std::span<char> rest, off_t offset) {
    return pread(descriptor_, rest.data(), rest.size(), offset);
  });
  return text;
}

}  // namespace portcullis::report
