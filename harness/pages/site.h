// Owns: the whole reference as files, and whether a folder holds exactly them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/host/host.h"
#include "harness/pages/reference.h"

namespace portcullis::pages {

struct SiteFile {
  std::string path;  // within docs/reference: "errors/no-gpus.md"
  std::string text;
};

// Every file of the reference but those that others generate (entry-points.md, operators.md). The
// same results give the same bytes.
std::vector<SiteFile> Site(const Reference& reference, const host::HostLibrary& hosts);

// Writes them below `folder`; files that an earlier generation left there are removed.
void WriteSite(const std::vector<SiteFile>& files, const std::filesystem::path& folder);

// What differs between `folder` and the files, one line each; empty if nothing does.
std::vector<std::string> Differences(const std::vector<SiteFile>& files,
                                     const std::filesystem::path& folder);

// A text with what stands between the markers of `name` (<!-- name --> … <!-- /name -->) replaced.
// Throws UsageError if a marker is missing.
std::string BetweenMarkers(const std::string& text, const std::string& name,
                           const std::string& content);

}  // namespace portcullis::pages
