#include "src/cli/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "harness/live/first_use.h"
#include "harness/live/installed.h"
#include "harness/suite/suite.h"
#include "src/base/error.h"

namespace portcullis::cli {
namespace {

// Families that a scenario may name whether or not they are here.
constexpr std::array kFamilies{"python", "cpp", "cpp-cpu"};

void Say(const std::string& line) { fmt::print(stderr, "portcullis: {}\n", line); }

// Those that the build listed; of an installed Portcullis, those that are found.
std::vector<host::Runtime> RuntimesIfThere(const suite::Installation& installation) {
  std::error_code ignored;
  if (std::filesystem::exists(installation.runtimes, ignored)) {
    return host::ReadRuntimes(installation.runtimes);
  }
  if (!std::filesystem::exists(installation.sources / "standins", ignored)) return {};
  return live::RuntimesOfInstallation(installation, Say);
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

void World::RequireLoader() const {
  const auto loads = [](const host::Runtime& runtime) { return !runtime.loader.empty(); };
  if (std::any_of(runtimes.begin(), runtimes.end(), loads)) return;
  if (live::HasSources(installation)) throw CannotRun(live::WhyNoPyTorch());
  throw CannotRun(fmt::format(
      "no runtime to load with: {} is not there. Build with the loaders (ci/gate), or see "
      "'portcullis doctor'",
      installation.runtimes.string()));
}

// By the default families: a runtime of another version is here or it is not.
bool World::NeedsCpp(const scenario::Case& c, bool own_checkpoint) const {
  if (c.runtime == "cpp" || c.runtime == "cpp-cpu") return true;
  return !own_checkpoint && catalog.Find(c.checkpoint).family == "cpp";
}

void World::MakeRuntimesFor(const scenario::CaseList& cases, bool own_checkpoints) {
  const host::Runtime* python = suite::FindRuntime(runtimes, "python");
  if (!live::HasSources(installation) || python == nullptr ||
      suite::FindRuntime(runtimes, "cpp") != nullptr) {
    return;
  }
  int need = 0;
  for (const scenario::Case& c : cases) need += NeedsCpp(c, own_checkpoints) ? 1 : 0;
  if (need == 0) return;
  try {
    for (host::Runtime& made : live::CppRuntimes(*python, installation, Say)) {
      makers.push_back(made);
      runtimes.push_back(std::move(made));
    }
  } catch (const CannotRun& error) {
    Say(fmt::format("{}. Cases that are skipped for it: {}", error.what(), need));
  }
}

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
