#include "tests/unit/checkpoint/golden.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace portcullis::checkpoint {
namespace {

const std::filesystem::path& Folder() {
  static const std::filesystem::path kFolder =
      std::filesystem::path(PORTCULLIS_FIXTURES) / "golden" / "checkpoints";
  return kFolder;
}

}  // namespace

std::vector<std::filesystem::path> GoldenCheckpoints() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Folder())) {
    std::filesystem::path path = entry.path();
    if (path.extension() != ".json") continue;
    path.replace_extension();
    if (std::filesystem::exists(path)) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::filesystem::path Golden(const std::string& name) { return Folder() / name; }

std::vector<std::uint8_t> ReadBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string TestName(const std::filesystem::path& golden) {
  std::string name = std::filesystem::relative(golden, Folder()).string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace portcullis::checkpoint
