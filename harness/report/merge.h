// Owns: joining the results of all shards of one list into the results of the list.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/report/results_file.h"

namespace portcullis::report {

// Reads every file once and holds a line of each at a time. Writes `out` as an unsharded run would
// have; `arguments` stand in its header. Throws UsageError, with the file and what to do, for
// - files that are no reports, or cut off, or incomplete (interrupted, --fail-fast);
// - shards of another list, another number of shards, another version, other runtimes, another
//   --repeat;
// - a shard that is missing, or there twice; one that has more or fewer cases than its share;
// - a case that stands twice.
Totals MergeResults(const std::vector<std::string>& files, const std::filesystem::path& out,
                    const std::vector<std::string>& arguments);

}  // namespace portcullis::report
