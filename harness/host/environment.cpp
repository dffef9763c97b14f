#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "harness/host/child_host.h"
#include "src/base/error.h"

namespace portcullis::host {
namespace {

namespace fs = std::filesystem;

constexpr char kNowhere[] = "/nonexistent";

// ld.so(8): the folders of LD_LIBRARY_PATH are separated by colons or semicolons, and nothing can
// quote them.
void CheckSearchable(const fs::path& folder) {
  if (folder.string().find_first_of(":;") != std::string::npos) {
    throw CannotRun(
        fmt::format("the folder of stand-in libraries {} has ':' or ';' in its path, "
                    "which LD_LIBRARY_PATH cannot hold; build somewhere else",
                    folder.string()));
  }
}

// The names of the shared libraries in `folder`, each library once (libcudart.so may be a link to
// libcudart.so.13).
std::vector<std::string> LibraryNames(const fs::path& folder) {
  std::map<fs::path, std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".so") && name.find(".so.") == std::string::npos) continue;
    std::string& kept = names[fs::canonical(entry->path(), error)];
    if (name.size() > kept.size()) kept = name;
  }
  if (error || names.empty()) {
    throw CannotRun(fmt::format("no stand-in libraries in {}{}; build them again", folder.string(),
                                error ? ": " + error.message() : ""));
  }
  std::set<std::string> sorted;
  for (const auto& [file, name] : names) sorted.insert(name);
  return {sorted.begin(), sorted.end()};
}

// LD_PRELOAD takes names without a folder, found through LD_LIBRARY_PATH: its own list is
// separated by spaces and colons, so a path could not have a space.
void AddStandins(const Runtime& runtime, Environment& environment) {
  CheckSearchable(runtime.standins);
  std::string& search = environment["LD_LIBRARY_PATH"];
  search = runtime.standins.string() + (search.empty() ? "" : ":" + search);
  if (!runtime.preload) return;
  std::string& preload = environment["LD_PRELOAD"];
  preload = fmt::format("{}{}{}", fmt::join(LibraryNames(runtime.standins), " "),
                        preload.empty() ? "" : " ", preload);
}

}  // namespace

Environment BuildWarmEnvironment(const Runtime& runtime) {
  Environment environment = {
      {"PATH", "/usr/bin:/bin"},
      {"HOME", kNowhere},
      {"TMPDIR", kNowhere},
      {"LANG", "C.UTF-8"},
      {"OMP_NUM_THREADS", "1"},  // cases run beside each other; one of
                                 // them must not take all cores
      {"MKL_NUM_THREADS", "1"},
      {"PYTHONNOUSERSITE", "1"},
      {"PYTHONDONTWRITEBYTECODE", "1"},
  };
  for (const auto& [name, value] : runtime.environment) environment[name] = value;
  if (!runtime.standins.empty()) AddStandins(runtime, environment);
  environment.erase("CUDA_VISIBLE_DEVICES");  // the mask alone decides
  return environment;
}

Environment BuildEnvironment(const Mask& mask, const Runtime& runtime, const fs::path& folder,
                             const fs::path& description, const fs::path& record) {
  Environment environment = BuildWarmEnvironment(runtime);
  for (const char* name : {"HOME", "TMPDIR"}) {
    if (environment[name] == kNowhere) environment[name] = folder.string();
  }
  if (mask.value) environment["CUDA_VISIBLE_DEVICES"] = *mask.value;
  environment[simcuda::kHostVariable] = description.string();
  environment[simcuda::kRecordVariable] = record.string();
  return environment;
}

}  // namespace portcullis::host
