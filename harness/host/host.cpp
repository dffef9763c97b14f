#include "harness/host/host.h"

#include <fmt/format.h>

#include <set>

#include "harness/host/host_yaml.h"
#include "src/base/error.h"
#include "src/base/names.h"

namespace portcullis::host {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> YamlFiles(const fs::path& folder) {
  std::set<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml") files.insert(entry->path());
  }
  if (error) {
    throw CannotRun(
        fmt::format("cannot read the folder of hosts {}: {}", folder.string(), error.message()));
  }
  return files;
}

}  // namespace

HostLibrary::HostLibrary(const fs::path& folder) {
  for (const fs::path& file : YamlFiles(folder / "profiles")) {
    profiles_[file.stem().string()] = ReadProfile(file);
  }
  for (const fs::path& file : YamlFiles(folder)) {
    hosts_[file.stem().string()] = ReadHost(file, profiles_);
  }
}

Host HostLibrary::Find(const std::string& name) const {
  if (name.ends_with(".yaml")) return ReadHost(name, profiles_);
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) throw UsageError(UnknownName("host", name, Names()));
  return found->second;
}

std::vector<std::string> HostLibrary::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, host] : hosts_) names.push_back(name);
  return names;
}

}  // namespace portcullis::host
