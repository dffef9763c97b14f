#include "src/cli/world.h"

#include <fstream>
#include <set>

#include "src/base/error.h"

namespace portcullis::cli {
namespace {

// Families that a scenario may name whether or not they are here.
constexpr std::array kFamilies{"python", "cpp", "cpp-cpu"};

std::vector<host::Runtime> RuntimesIfThere(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  return host::ReadRuntimes(file);
}

}  // namespace

World::World()
    : installation(suite::FindInstallation()),
      hosts(installation.hosts),
      catalog(installation.checkpoints),
      runtimes(RuntimesIfThere(installation.runtimes)) {}

scenario::KnownNames World::KnownNames() const {
  std::vector<std::string> names(kFamilies.begin(), kFamilies.end());
  for (const host::Runtime& runtime : runtimes) names.push_back(runtime.id);
  return {catalog.Names(), hosts.Names(), names};
}

std::vector<scenario::Case> World::Cases(const std::vector<std::string>& where) const {
  std::vector<std::filesystem::path> files;
  for (const std::string& place : where) {
    for (auto& file : scenario::FindScenarios(place)) files.push_back(std::move(file));
  }
  if (where.empty()) files = scenario::FindScenarios(installation.scenarios);
  std::vector<scenario::Case> cases;
  std::set<std::string> ids;
  for (const auto& file : files) {
    for (scenario::Case& c : scenario::ReadScenario(file, KnownNames())) {
      if (!ids.insert(c.id).second) {
        throw UsageError(file.string() + ": the case " + c.id + " stands in another file too");
      }
      cases.push_back(std::move(c));
    }
  }
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
