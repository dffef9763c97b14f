#include "harness/suite/scratch.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "harness/suite/memory_folder.h"
#include "src/base/error.h"

namespace portcullis::suite {

namespace fs = std::filesystem;

namespace {

// As std::filesystem looks for the user's own choice.
bool ChosenByUser() {
  constexpr std::array kVariables = {"TMPDIR", "TMP", "TEMP", "TEMPDIR"};
  return std::any_of(kVariables.begin(), kVariables.end(),
                     [](const char* name) { return std::getenv(name) != nullptr; });
}

fs::path FolderOf(Place place) {
  if (place == Place::kMemory && !ChosenByUser()) {
    if (auto folder = MemoryFolder()) return *folder;
  }
  std::error_code error;
  fs::path below = fs::temp_directory_path(error);
  return error ? fs::path("/tmp") : below;
}

}  // namespace

ScratchFolder::ScratchFolder(Place place) {
  std::string name = (FolderOf(place) / "portcullis-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw CannotRun(SystemError(fmt::format("cannot make the folder {}", name)));
  }
  path_ = name;
}

ScratchFolder::ScratchFolder(fs::path folder) : path_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) {
    throw CannotRun(fmt::format("cannot make the folder {}: {}", path_.string(), error.message()));
  }
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ScratchFolder::Unnamed(std::string text) const {
  const std::string folder = path_.string();
  for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) {
    text.replace(at, folder.size(), "$TMPDIR");
  }
  return text;
}

}  // namespace portcullis::suite
