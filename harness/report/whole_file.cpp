#include "harness/report/whole_file.h"

#include <fmt/format.h>

#include <cstdio>

#include "src/base/error.h"

namespace portcullis::report {

void WriteWholeFile(const std::filesystem::path& file, std::string_view text) {
  const std::string half = file.string() + ".partial";
  std::FILE* stream = std::fopen(half.c_str(), "we");
  if (stream == nullptr) throw CannotRun(SystemError(fmt::format("cannot write {}", half)));
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  const bool closed = std::fclose(stream) == 0;
  if (written && closed && std::rename(half.c_str(), file.c_str()) == 0) return;
  const std::string refusal = SystemError(fmt::format("cannot write {}", file.string()));
  std::error_code ignored;
  std::filesystem::remove(half, ignored);
  throw CannotRun(refusal);
}

}  // namespace portcullis::report
