#include "harness/report/whole_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "src/base/error.h"

namespace portcullis::report {

WholeFile::WholeFile(std::filesystem::path file)
    : file_(std::move(file)), half_(file_.string() + ".partial") {
  stream_ = std::fopen(half_.c_str(), "we");
  if (stream_ == nullptr) {
    throw CannotRun(SystemError(fmt::format("cannot write {}", half_.string())));
  }
}

WholeFile::~WholeFile() { Discard(); }

void WholeFile::Write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stream_) != text.size()) Refused("write");
}

void WholeFile::Flush() {
  if (std::fflush(stream_) != 0) Refused("write");
}

void WholeFile::Finish() {
  Flush();
  if (fsync(fileno(stream_)) != 0 && errno != EINVAL) Refused("write");  // a pipe has no disk
  const bool closed = std::fclose(std::exchange(stream_, nullptr)) == 0;
  if (!closed || std::rename(half_.c_str(), file_.c_str()) != 0) Refused("finish");
  half_.clear();
}

void WholeFile::Refused(const char* doing) {
  const std::string text = SystemError(fmt::format("cannot {} {}", doing, half_.string()));
  Discard();
  throw CannotRun(text);
}

void WholeFile::Discard() {
  if (stream_ != nullptr) std::fclose(std::exchange(stream_, nullptr));
  if (half_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(half_, ignored);
  half_.clear();
}

void WriteWholeFile(const std::filesystem::path& file, std::string_view text) {
  WholeFile whole(file);
  whole.Write(text);
  whole.Finish();
}

}  // namespace portcullis::report
