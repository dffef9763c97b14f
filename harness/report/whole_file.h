// Owns: writing a file so that it is there whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace portcullis::report {

// Writes NAME.partial and renames it at the end. Every function throws CannotRun when the operating
// system refuses (a full disk); the half file is then removed, as it is without Finish().
class WholeFile {
 public:
  explicit WholeFile(std::filesystem::path file);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void Write(std::string_view text);
  void Flush();   // what was written is there for others to see
  void Finish();  // on disk, under its name

 private:
  [[noreturn]] void Refused(const char* doing);
  void Discard();

  std::filesystem::path file_, half_;  // half_ is empty when there is none any more
  std::FILE* stream_ = nullptr;
};

// The whole text at once.
void WriteWholeFile(const std::filesystem::path& file, std::string_view text);

}  // namespace portcullis::report
