// Owns: what the pages are made from: kept results, joined with the scenarios they are results of
// and with recordings of real GPUs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/pages/hardware.h"
#include "harness/scenario/case.h"
#include "harness/verdict/claims.h"
#include "harness/verdict/result.h"

namespace portcullis::pages {

struct Reference {
  std::vector<std::string> versions;                            // newest first
  std::map<std::string, std::vector<verdict::Result>> results;  // by version
  std::vector<verdict::Claim> claims;
  Recordings recordings;  // of real GPUs
  // The runtimes of a version, by id.
  std::vector<std::string> RuntimesOf(const std::string& version) const;
  // A case's results in every version, newest first, where its checkpoint, host, family of runtime
  // and strategy are these; nullptr for versions that did not run it.
  std::vector<const verdict::Result*> InEveryVersion(const std::string& id) const;
};

// Reads every *.ndjson of a folder. Throws UsageError for a file that is no whole results file, and
// for a result of a case that no scenario has: it is out of date.
Reference ReadReference(const std::filesystem::path& folder,
                        const std::vector<scenario::Case>& cases,
                        std::vector<verdict::Claim> claims);

}  // namespace portcullis::pages
