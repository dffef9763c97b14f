#include "harness/host/host.h"

#include <fmt/format.h>

#include <map>

#include "harness/host/host_yaml.h"
#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::host {
namespace {

namespace fs = std::filesystem;

std::map<std::string, fs::path> YamlFiles(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml") {
      files.emplace(entry->path().stem().string(), entry->path());
    }
  }
  if (error) {
    throw CannotRun(
        fmt::format("cannot read the folder of hosts {}: {}", folder.string(), error.message()));
  }
  return files;
}

std::vector<std::string> NamesOf(const std::map<std::string, fs::path>& files) {
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const auto& [name, file] : files) names.push_back(name);
  return names;
}

}  // namespace

Profiles::Profiles(const fs::path& folder) : files_(YamlFiles(folder)) {}

const Profile* Profiles::Find(const std::string& name) const {
  if (const auto known = read_.find(name); known != read_.end()) return &known->second;
  const auto file = files_.find(name);
  if (file == files_.end()) return nullptr;
  return &read_.emplace(name, ReadProfile(file->second)).first->second;
}

std::vector<std::string> Profiles::Names() const { return NamesOf(files_); }

HostLibrary::HostLibrary(const fs::path& folder)
    : profiles_(folder / "profiles"), files_(YamlFiles(folder)) {}

Host HostLibrary::Find(const std::string& name) const {
  if (name.ends_with(".yaml")) return ReadHost(name, profiles_);
  if (const auto known = read_.find(name); known != read_.end()) return known->second;
  const auto file = files_.find(name);
  if (file == files_.end()) throw UsageError(UnknownName("host", name, Names()));
  return read_.emplace(name, ReadHost(file->second, profiles_)).first->second;
}

std::vector<std::string> HostLibrary::Names() const { return NamesOf(files_); }

}  // namespace portcullis::host
