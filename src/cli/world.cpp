#include "src/cli/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "harness/live/installed.h"
#include "src/base/error.h"

namespace portcullis::cli {
namespace {

// Families that a scenario may name whether or not they are here.
constexpr std::array kFamilies{"python", "cpp", "cpp-cpu"};

// Those that the build listed; of an installed Portcullis, those that are found.
std::vector<host::Runtime> RuntimesIfThere(const suite::Installation& installation) {
  std::error_code ignored;
  if (std::filesystem::exists(installation.runtimes, ignored)) {
    return host::ReadRuntimes(installation.runtimes);
  }
  if (!std::filesystem::exists(installation.sources / "standins", ignored)) return {};
  return live::RuntimesOfInstallation(
      installation, [](const std::string& line) { fmt::print(stderr, "portcullis: {}\n", line); });
}

// The runtimes, those of one version being the default ones, and no others.
std::vector<host::Runtime> OfVersion(std::vector<host::Runtime> runtimes,
                                     const std::string& version) {
  if (version.empty()) return runtimes;
  std::set<std::string> here;
  for (host::Runtime& runtime : runtimes) {
    here.insert(runtime.version);
    runtime.is_default = runtime.version == version;
  }
  if (!here.contains(version)) {
    throw CannotRun(
        fmt::format("PyTorch {} is not here (ci/setup --runtime {} installs it); here: {}", version,
                    version, fmt::join(here, ", ")));
  }
  return runtimes;
}

}  // namespace

World::World(const std::string& torch)
    : installation(suite::FindInstallation()),
      hosts(installation.hosts),
      catalog(installation.checkpoints),
      damages(installation.damages / "damages.yaml"),
      makers(RuntimesIfThere(installation)),
      runtimes(OfVersion(makers, torch)) {}

scenario::KnownNames World::KnownNames() const {
  std::vector<std::string> names(kFamilies.begin(), kFamilies.end());
  for (const host::Runtime& runtime : runtimes) names.push_back(runtime.id);
  std::map<std::string, portability::TorchVersion> versions;
  for (const host::Runtime& runtime : runtimes) {
    const auto version = portability::ParseTorchVersion(runtime.version);
    if (!version) continue;
    versions[runtime.id] = *version;
    if (runtime.is_default) versions[runtime.family] = *version;
  }
  return {catalog.Names(), hosts.Names(), names, damages.Names(), {}, versions};
}

// A mistake in somebody's own host is told before anything runs.
void World::CheckOwnHost(const scenario::Case& c) const {
  if (c.host.ends_with(".yaml")) static_cast<void>(hosts.Find(c.host));
}

scenario::CaseList World::Cases(const std::vector<std::string>& where) const {
  std::vector<std::filesystem::path> files;
  for (const std::string& place : where) {
    for (auto& file : scenario::FindScenarios(place)) files.push_back(std::move(file));
  }
  if (where.empty()) files = scenario::FindScenarios(installation.scenarios);
  scenario::CaseList cases;
  for (const auto& file : files) scenario::ReadScenario(file, KnownNames(), cases);
  for (const scenario::Case& c : cases) CheckOwnHost(c);
  return cases;
}

std::vector<std::string> Arguments() {
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  if (!words.empty()) words.erase(words.begin());
  return words;
}

}  // namespace portcullis::cli
