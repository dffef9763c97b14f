#include "harness/pages/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/pages/names.h"
#include "harness/report/read_results.h"
#include "src/base/error.h"

namespace portcullis::pages {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
  }
  if (error || files.empty()) {
    throw UsageError(fmt::format(
        "no kept results in {}; make some: portcullis run --json results.ndjson, then portcullis "
        "docs --keep results.ndjson",
        folder.string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The id that a scenario gives the case, whichever runtime stood for the family.
std::string IdInScenario(const verdict::Result& result) {
  scenario::Case c = result.c;
  const std::size_t strategy = c.id.rfind('/');
  const std::size_t runtime = c.id.rfind('/', strategy - 1);
  return c.id.substr(0, runtime + 1) + FamilyOf(result.runtime_id) + c.id.substr(strategy);
}

}  // namespace

std::vector<std::string> Reference::RuntimesOf(const std::string& version) const {
  std::set<std::string> ids;
  for (const auto& result : results.at(version)) ids.insert(result.runtime_id);
  return {ids.begin(), ids.end()};
}

std::vector<const verdict::Result*> Reference::InEveryVersion(const std::string& id) const {
  std::vector<const verdict::Result*> found;
  for (const std::string& version : versions) {
    const auto& all = results.at(version);
    const auto result = std::lower_bound(
        all.begin(), all.end(), id,
        [](const verdict::Result& r, const std::string& wanted) { return r.c.id < wanted; });
    found.push_back(result != all.end() && result->c.id == id ? &*result : nullptr);
  }
  return found;
}

Reference ReadReference(const fs::path& folder, const std::vector<scenario::Case>& cases,
                        std::vector<verdict::Claim> claims) {
  std::map<std::string, const scenario::Case*> known;
  for (const auto& c : cases) known[c.id] = &c;
  Reference reference;
  reference.claims = std::move(claims);
  for (const fs::path& file : FilesOf(folder)) {
    for (auto& read : report::ReadResults(file).cases) {
      verdict::Result& result = read.result;
      const std::string id = IdInScenario(result);
      const auto found = known.contains(id) ? known.find(id) : known.find(result.c.id);
      if (found == known.end()) {
        throw UsageError(fmt::format("{}: no scenario has the case {}; keep new results",
                                     file.string(), result.c.id));
      }
      result.c = *found->second;
      result.c.id = id;
      if (result.c.expectation) result.expectation = *result.c.expectation;
      reference.results[VersionOf(result.runtime_id)].push_back(std::move(result));
    }
  }
  for (auto& [version, results] : reference.results) {
    reference.versions.push_back(version);
    std::sort(results.begin(), results.end(),
              [](const auto& a, const auto& b) { return a.c.id < b.c.id; });
  }
  std::sort(reference.versions.begin(), reference.versions.end(), Newer);
  return reference;
}

}  // namespace portcullis::pages
