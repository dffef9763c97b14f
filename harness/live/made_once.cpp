#include "harness/live/made_once.h"

#include <fmt/format.h>
#include <unistd.h>

#include "harness/live/ask.h"
#include "harness/suite/scratch.h"
#include "src/base/error.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

std::string StampOf(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  const auto time = fs::last_write_time(file, error).time_since_epoch().count();
  return error ? "" : fmt::format("{} {} {}\n", file.string(), size, time);
}

}  // namespace

fs::path MadeFolder(const suite::Installation& installation, const std::string& kind,
                    const std::string& version, const std::vector<fs::path>& from) {
  std::string stamp;
  for (const fs::path& file : from) stamp += StampOf(file);
  return installation.made.parent_path() / kind /
         fmt::format("{}-{:016x}", version, std::hash<std::string>()(stamp));
}

void MakeOnce(const fs::path& folder, const std::function<void(const fs::path& half)>& make) {
  const fs::path half = fmt::format("{}.{}", folder.string(), getpid());
  const suite::ScratchFolder removed_at_the_end(half);
  make(half);
  std::error_code error, ignored;
  fs::rename(half, folder, error);
  if (error && !fs::exists(folder, ignored)) {
    throw CannotRun(fmt::format("cannot rename {}: {}", half.string(), error.message()));
  }
}

std::string FirstProgram(const std::vector<std::string>& names,
                         const host::Environment& environment) {
  for (const std::string& name : names) {
    if (const auto found = FindProgram(name, environment)) return found->string();
  }
  return "";
}

}  // namespace portcullis::live
